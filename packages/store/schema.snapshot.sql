-- What the migrations make of an empty database. Written by `node scripts/check-schema.ts --write`; checked in CI.

-- tables
table agenda with (fillfactor=70, autovacuum_vacuum_scale_factor=0.02, autovacuum_vacuum_threshold=5000, autovacuum_vacuum_cost_delay=0, autovacuum_analyze_scale_factor=0.05)
table archive
table archive_day
table archive_file
table archive_intent
table archived_key
table bank_message
table batch
table bell
table callback with (fillfactor=50, autovacuum_vacuum_scale_factor=0.1)
table client
table client_key
table client_news
table client_revision
table dead_letter
table definition
table document with (toast_tuple_target=8160)
table endpoint
table history
table kysely_migration
table kysely_migration_lock
table lease with (fillfactor=50)
table offer
table original partition by RANGE (submission_id)
table original_rest DEFAULT
table outlook
table payout
table registration with (fillfactor=50, autovacuum_vacuum_scale_factor=0.1)
table replay
table result
table secret
table submission with (fillfactor=50, autovacuum_vacuum_scale_factor=0.1, autovacuum_analyze_scale_factor=0.1)
table unhappy_end
table webhook with (fillfactor=70)

-- columns
column agenda.client_id uuid not null
column agenda.due_at timestamp with time zone not null
column agenda.kind text not null
column agenda.queued boolean not null
column agenda.submission_id uuid not null
column archive.bytes bigint not null default 0
column archive.days bigint not null default 0
column archive.files bigint not null default 0
column archive.one boolean not null default true
column archive.rows bigint not null default 0
column archive.since timestamp with time zone not null default now()
column archive.store_id uuid
column archive.succeeded_at timestamp with time zone
column archive.tried_at timestamp with time zone
column archive.trouble text
column archive_day.day date not null
column archive_day.dropped_at timestamp with time zone not null default now()
column archive_day.kind text not null
column archive_day.left_behind integer not null
column archive_file.archived_at timestamp with time zone not null default now()
column archive_file.bytes bigint not null
column archive_file.client_id uuid not null
column archive_file.completed integer not null
column archive_file.day date not null
column archive_file.digest bytea not null
column archive_file.failed integer not null
column archive_file.first_id uuid not null
column archive_file.format smallint not null
column archive_file.kind text not null
column archive_file.last_id uuid not null
column archive_file.path text not null
column archive_file.rows integer not null
column archive_intent.at timestamp with time zone not null default now()
column archive_intent.path text not null
column archived_key.key uuid not null
column archived_key.submission_id uuid not null
column bank_message.body text not null
column bank_message.deleted_at timestamp with time zone
column bank_message.id text not null
column bank_message.note text
column bank_message.received_at timestamp with time zone not null
column bank_message.request_id text
column bank_message.status text not null default 'KEPT'::text
column bank_message.type text not null
column batch.ambiguous boolean not null default false
column batch.attempts integer not null default 0
column batch.bytes bytea not null
column batch.cents bigint not null
column batch.created_at timestamp with time zone not null
column batch.currency text not null
column batch.id text not null
column batch.initiated_at timestamp with time zone
column batch.last_error text
column batch.message_request_id text
column batch.next_at timestamp with time zone not null
column batch.payouts smallint not null
column batch.slot integer not null
column batch.status text not null default 'FROZEN'::text
column batch.written_back boolean not null default false
column bell.name text not null
column bell.rung_at timestamp with time zone not null
column callback.attempts integer not null default 0
column callback.body text
column callback.client_id uuid not null
column callback.created_at timestamp with time zone not null
column callback.due_at timestamp with time zone not null
column callback.ended_at timestamp with time zone
column callback.held_by text
column callback.held_until timestamp with time zone
column callback.id uuid not null
column callback.snapshot json not null
column callback.status text not null default 'WAITING'::text
column callback.submission_id uuid not null
column callback.type text not null
column callback.url text not null
column callback.version integer not null
column client.callback_url text
column client.created_at timestamp with time zone not null default now()
column client.id uuid not null
column client.limits jsonb not null default '{}'::jsonb
column client.name text not null
column client.webhook_secrets jsonb not null
column client_key.client_id uuid not null
column client_key.created_at timestamp with time zone not null default now()
column client_key.hash bytea not null
column client_key.id uuid not null
column client_key.revoked_at timestamp with time zone
column client_key.scopes text[] not null
column client_news.client_id uuid not null
column client_news.revision bigint not null
column client_revision.one boolean not null default true
column client_revision.revision bigint not null
column dead_letter.at timestamp with time zone not null
column dead_letter.client_id uuid not null
column dead_letter.code text not null
column dead_letter.id uuid not null
column dead_letter.kind text not null
column dead_letter.leg text
column dead_letter.message text not null
column dead_letter.provider text
column dead_letter.replayed_at timestamp with time zone
column dead_letter.replayed_by text
column dead_letter.step text not null
column dead_letter.submission_id uuid not null
column definition.body json not null
column definition.created_at timestamp with time zone not null default now()
column definition.created_by text not null
column definition.id bigint not null generated always as identity
column definition.kind text not null
column definition.name text not null
column definition.version integer not null
column document.body text not null
column document.content_type text not null
column document.submission_id uuid not null
column endpoint.client_id uuid not null
column endpoint.disabled_at timestamp with time zone not null
column endpoint.url text not null
column history.at timestamp with time zone not null
column history.entries json not null
column history.submission_id uuid not null
column history.version integer not null
column kysely_migration.name character varying(255) not null
column kysely_migration.timestamp character varying(255) not null
column kysely_migration_lock.id character varying(255) not null
column kysely_migration_lock.is_locked integer not null default 0
column lease.lock_expiry timestamp with time zone not null
column lease.locked_at timestamp with time zone not null
column lease.name text not null
column lease.owner uuid not null
column lease.token bigint not null
column offer.client_id uuid not null
column offer.created_at timestamp with time zone not null
column offer.expires_at timestamp with time zone not null
column offer.id uuid not null
column offer.kind text not null
column offer.terms json not null
column original.bytes bytea not null
column original.size integer not null
column original.submission_id uuid not null
column original_rest.bytes bytea not null
column original_rest.size integer not null
column original_rest.submission_id uuid not null
column outlook.at timestamp with time zone not null
column outlook.checks json not null
column outlook.name text not null
column outlook.ready boolean not null
column payout.batch_id text
column payout.most smallint not null default 100
column payout.slot integer not null
column payout.status text not null default 'WAITING'::text
column payout.submission_id uuid not null
column registration.ambiguous_until timestamp with time zone
column registration.attempts integer not null default 0
column registration.due_at timestamp with time zone
column registration.failure json
column registration.idempotency_key text not null
column registration.leg text not null
column registration.looking_since timestamp with time zone
column registration.looks integer not null default 0
column registration.provider text not null
column registration.reference text
column registration.status text not null default 'PENDING'::text
column registration.submission_id uuid not null
column registration.telling_since timestamp with time zone
column registration.told boolean not null default false
column registration.updated_at timestamp with time zone not null
column replay.actor text not null
column replay.created_at timestamp with time zone not null default now()
column replay.done integer not null default 0
column replay.filter jsonb not null
column replay.id uuid not null
column replay.rate_per_second double precision not null
column replay.reached uuid
column replay.refused integer not null default 0
column replay.status text not null default 'RUNNING'::text
column replay.total integer not null
column replay.worked_at timestamp with time zone not null default now()
column result.client_id uuid not null
column result.code integer not null
column result.consumed_at timestamp with time zone
column result.consumed_by uuid
column result.created_at timestamp with time zone not null
column result.id bigint not null generated always as identity
column result.kind text not null
column result.response json not null
column result.submission_id uuid not null
column secret.name text not null
column secret.value bytea not null
column submission.callback_url text
column submission.client_id uuid not null
column submission.created_at timestamp with time zone not null
column submission.facts json
column submission.failure json
column submission.fingerprint bytea not null
column submission.id uuid not null
column submission.kind text not null
column submission.natural_id text not null
column submission.settled_at timestamp with time zone
column submission.status text not null default 'PENDING'::text
column submission.traceparent text
column submission.updated_at timestamp with time zone not null
column submission.version integer not null default 1
column unhappy_end.client_id uuid not null
column unhappy_end.id uuid not null
column unhappy_end.kind text not null
column unhappy_end.status text not null
column webhook.applied_at timestamp with time zone
column webhook.digest bytea not null
column webhook.id uuid not null
column webhook.leg text not null
column webhook.provider text not null
column webhook.received_at timestamp with time zone not null
column webhook.submission_id uuid not null
column webhook.word json not null

-- constraints
constraint agenda.agenda_pkey PRIMARY KEY (submission_id)
constraint archive.archive_one_check CHECK (one)
constraint archive.archive_pkey PRIMARY KEY (one)
constraint archive_day.archive_day_pkey PRIMARY KEY (kind, day)
constraint archive_file.archive_file_pkey PRIMARY KEY (path)
constraint archive_file.archive_file_rows_check CHECK ((rows > 0))
constraint archive_intent.archive_intent_pkey PRIMARY KEY (path)
constraint archived_key.archived_key_pkey PRIMARY KEY (key)
constraint bank_message.bank_message_pkey PRIMARY KEY (id)
constraint bank_message.bank_message_status_check CHECK ((status = ANY (ARRAY['KEPT'::text, 'APPLIED'::text, 'PARKED'::text])))
constraint batch.batch_cents_check CHECK ((cents > 0))
constraint batch.batch_id_check CHECK ((id ~ '^[0-9a-f]{32}$'::text))
constraint batch.batch_payouts_check CHECK (((payouts >= 1) AND (payouts <= 100)))
constraint batch.batch_pkey PRIMARY KEY (id)
constraint batch.batch_status_check CHECK ((status = ANY (ARRAY['FROZEN'::text, 'INITIATED'::text, 'REFUSED'::text])))
constraint bell.bell_pkey PRIMARY KEY (name)
constraint callback.callback_pkey PRIMARY KEY (submission_id, id)
constraint callback.callback_status_check CHECK ((status = ANY (ARRAY['WAITING'::text, 'DELIVERED'::text, 'DEAD'::text, 'GONE'::text, 'SUPERSEDED'::text])))
constraint client.client_pkey PRIMARY KEY (id)
constraint client_key.client_key_client_id_fkey FOREIGN KEY (client_id) REFERENCES client(id)
constraint client_key.client_key_hash_key UNIQUE (hash)
constraint client_key.client_key_pkey PRIMARY KEY (id)
constraint client_news.client_news_pkey PRIMARY KEY (revision)
constraint client_revision.client_revision_one_check CHECK (one)
constraint client_revision.client_revision_pkey PRIMARY KEY (one)
constraint dead_letter.dead_letter_pkey PRIMARY KEY (id)
constraint definition.definition_pkey PRIMARY KEY (kind, name, version)
constraint document.document_pkey PRIMARY KEY (submission_id)
constraint endpoint.endpoint_pkey PRIMARY KEY (client_id, url)
constraint kysely_migration.kysely_migration_pkey PRIMARY KEY (name)
constraint kysely_migration_lock.kysely_migration_lock_pkey PRIMARY KEY (id)
constraint lease.lease_pkey PRIMARY KEY (name)
constraint offer.offer_pkey PRIMARY KEY (id)
constraint original.original_pkey PRIMARY KEY (submission_id)
constraint original_rest.original_rest_pkey PRIMARY KEY (submission_id)
constraint outlook.outlook_pkey PRIMARY KEY (name)
constraint payout.payout_pkey PRIMARY KEY (submission_id)
constraint payout.payout_status_check CHECK ((status = ANY (ARRAY['WAITING'::text, 'BATCHED'::text, 'REFUSED'::text])))
constraint registration.registration_pkey PRIMARY KEY (submission_id, leg)
constraint registration.registration_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'DONE'::text, 'REFUSED'::text, 'UNRESOLVED'::text])))
constraint replay.replay_pkey PRIMARY KEY (id)
constraint replay.replay_rate_per_second_check CHECK ((rate_per_second > (0)::double precision))
constraint replay.replay_status_check CHECK ((status = ANY (ARRAY['RUNNING'::text, 'DONE'::text])))
constraint result.result_pkey PRIMARY KEY (id)
constraint secret.secret_pkey PRIMARY KEY (name)
constraint submission.submission_pkey PRIMARY KEY (id)
constraint submission.submission_status_check CHECK ((status = ANY (ARRAY['PENDING'::text, 'PROCESSING'::text, 'COMPLETED'::text, 'FAILED'::text, 'UNRESOLVED'::text])))
constraint unhappy_end.unhappy_end_pkey PRIMARY KEY (client_id, kind, status, id)
constraint unhappy_end.unhappy_end_status_check CHECK ((status = ANY (ARRAY['FAILED'::text, 'UNRESOLVED'::text])))
constraint webhook.webhook_id_key UNIQUE (id)
constraint webhook.webhook_pkey PRIMARY KEY (submission_id, leg, digest)

-- indexes
index CREATE INDEX agenda_due ON public.agenda USING btree (due_at) WHERE queued
index CREATE INDEX agenda_undispatched ON public.agenda USING btree (client_id, submission_id) WHERE (NOT queued)
index CREATE INDEX archive_file_day ON public.archive_file USING btree (kind, day, path)
index CREATE INDEX archive_file_of ON public.archive_file USING btree (client_id, kind, day DESC, last_id DESC)
index CREATE INDEX bank_message_of ON public.bank_message USING btree (request_id) WHERE (request_id IS NOT NULL)
index CREATE INDEX bank_message_open ON public.bank_message USING btree (received_at) WHERE ((status = 'KEPT'::text) OR (deleted_at IS NULL))
index CREATE INDEX bank_message_parked ON public.bank_message USING btree (received_at) WHERE (status = 'PARKED'::text)
index CREATE INDEX batch_open ON public.batch USING btree (created_at) WHERE (NOT written_back)
index CREATE INDEX client_key_of ON public.client_key USING btree (client_id)
index CREATE INDEX dead_letter_of ON public.dead_letter USING btree (submission_id)
index CREATE INDEX dead_letter_open ON public.dead_letter USING btree (id) WHERE (replayed_at IS NULL)
index CREATE INDEX definition_newest ON public.definition USING btree (kind, id)
index CREATE INDEX history_of ON public.history USING btree (submission_id)
index CREATE INDEX offer_age ON public.offer USING btree (expires_at)
index CREATE INDEX payout_of_batch ON public.payout USING btree (batch_id) WHERE (batch_id IS NOT NULL)
index CREATE INDEX payout_waiting ON public.payout USING btree (submission_id) WHERE (status = 'WAITING'::text)
index CREATE INDEX result_age ON public.result USING btree (created_at)
index CREATE INDEX result_feed ON public.result USING btree (client_id, kind, id)
index CREATE INDEX result_waiting ON public.result USING btree (client_id, kind, id) WHERE (consumed_by IS NULL)
index CREATE INDEX submission_newest ON public.submission USING btree (client_id, kind, id DESC)
index CREATE UNIQUE INDEX agenda_pkey ON public.agenda USING btree (submission_id)
index CREATE UNIQUE INDEX archive_day_pkey ON public.archive_day USING btree (kind, day)
index CREATE UNIQUE INDEX archive_file_pkey ON public.archive_file USING btree (path)
index CREATE UNIQUE INDEX archive_intent_pkey ON public.archive_intent USING btree (path)
index CREATE UNIQUE INDEX archive_pkey ON public.archive USING btree (one)
index CREATE UNIQUE INDEX archived_key_pkey ON public.archived_key USING btree (key)
index CREATE UNIQUE INDEX bank_message_pkey ON public.bank_message USING btree (id)
index CREATE UNIQUE INDEX batch_pkey ON public.batch USING btree (id)
index CREATE UNIQUE INDEX bell_pkey ON public.bell USING btree (name)
index CREATE UNIQUE INDEX callback_pkey ON public.callback USING btree (submission_id, id)
index CREATE UNIQUE INDEX client_key_hash_key ON public.client_key USING btree (hash)
index CREATE UNIQUE INDEX client_key_pkey ON public.client_key USING btree (id)
index CREATE UNIQUE INDEX client_news_pkey ON public.client_news USING btree (revision)
index CREATE UNIQUE INDEX client_pkey ON public.client USING btree (id)
index CREATE UNIQUE INDEX client_revision_pkey ON public.client_revision USING btree (one)
index CREATE UNIQUE INDEX dead_letter_pkey ON public.dead_letter USING btree (id)
index CREATE UNIQUE INDEX definition_pkey ON public.definition USING btree (kind, name, version)
index CREATE UNIQUE INDEX document_pkey ON public.document USING btree (submission_id)
index CREATE UNIQUE INDEX endpoint_pkey ON public.endpoint USING btree (client_id, url)
index CREATE UNIQUE INDEX kysely_migration_lock_pkey ON public.kysely_migration_lock USING btree (id)
index CREATE UNIQUE INDEX kysely_migration_pkey ON public.kysely_migration USING btree (name)
index CREATE UNIQUE INDEX lease_pkey ON public.lease USING btree (name)
index CREATE UNIQUE INDEX offer_pkey ON public.offer USING btree (id)
index CREATE UNIQUE INDEX original_pkey ON ONLY public.original USING btree (submission_id)
index CREATE UNIQUE INDEX original_rest_pkey ON public.original_rest USING btree (submission_id)
index CREATE UNIQUE INDEX outlook_pkey ON public.outlook USING btree (name)
index CREATE UNIQUE INDEX payout_pkey ON public.payout USING btree (submission_id)
index CREATE UNIQUE INDEX registration_pkey ON public.registration USING btree (submission_id, leg)
index CREATE UNIQUE INDEX replay_pkey ON public.replay USING btree (id)
index CREATE UNIQUE INDEX result_pkey ON public.result USING btree (id)
index CREATE UNIQUE INDEX secret_pkey ON public.secret USING btree (name)
index CREATE UNIQUE INDEX submission_natural_id ON public.submission USING btree (client_id, kind, natural_id)
index CREATE UNIQUE INDEX submission_pkey ON public.submission USING btree (id)
index CREATE UNIQUE INDEX unhappy_end_pkey ON public.unhappy_end USING btree (client_id, kind, status, id)
index CREATE UNIQUE INDEX webhook_id_key ON public.webhook USING btree (id)
index CREATE UNIQUE INDEX webhook_pkey ON public.webhook USING btree (submission_id, leg, digest)

-- triggers
trigger CREATE TRIGGER bank_leg AFTER INSERT ON public.registration FOR EACH ROW WHEN ((new.leg = 'bank'::text)) EXECUTE FUNCTION put_in_the_hopper()
trigger CREATE TRIGGER client_key_news AFTER DELETE OR UPDATE ON public.client_key FOR EACH ROW EXECUTE FUNCTION tell_client_news()
trigger CREATE TRIGGER client_news AFTER DELETE OR UPDATE OF name, callback_url, limits ON public.client FOR EACH ROW EXECUTE FUNCTION tell_client_news()
trigger CREATE TRIGGER standing_law BEFORE UPDATE OF status ON public.registration FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND (NOT (((old.status = 'PENDING'::text) AND (new.status = ANY (ARRAY['DONE'::text, 'REFUSED'::text, 'UNRESOLVED'::text]))) OR ((old.status = 'UNRESOLVED'::text) AND (new.status = ANY (ARRAY['PENDING'::text, 'DONE'::text, 'REFUSED'::text]))))))) EXECUTE FUNCTION refuse_move('submission_id')
trigger CREATE TRIGGER status_law BEFORE UPDATE OF status ON public.submission FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND (NOT (((old.status = 'PENDING'::text) AND (new.status = ANY (ARRAY['PROCESSING'::text, 'FAILED'::text]))) OR ((old.status = 'PROCESSING'::text) AND (new.status = ANY (ARRAY['COMPLETED'::text, 'FAILED'::text, 'UNRESOLVED'::text]))) OR ((old.status = 'UNRESOLVED'::text) AND (new.status = ANY (ARRAY['COMPLETED'::text, 'FAILED'::text]))))))) EXECUTE FUNCTION refuse_move('id')
trigger CREATE TRIGGER unhappy_end_gone AFTER DELETE ON public.submission FOR EACH ROW WHEN ((old.status = ANY (ARRAY['FAILED'::text, 'UNRESOLVED'::text]))) EXECUTE FUNCTION keep_unhappy_end()
trigger CREATE TRIGGER unhappy_end_moved AFTER UPDATE OF status ON public.submission FOR EACH ROW WHEN (((old.status IS DISTINCT FROM new.status) AND ((new.status = ANY (ARRAY['FAILED'::text, 'UNRESOLVED'::text])) OR (old.status = ANY (ARRAY['FAILED'::text, 'UNRESOLVED'::text]))))) EXECUTE FUNCTION keep_unhappy_end()

-- functions
CREATE OR REPLACE FUNCTION public.archive_key(client_id uuid, kind text, natural_id text)
 RETURNS uuid
 LANGUAGE sql
 STABLE
AS $function$ select encode(substring(sha256(convert_to(client_id::text || '/' || kind || '/' || natural_id, 'UTF8')) from 1 for 16), 'hex')::uuid $function$
CREATE OR REPLACE FUNCTION public.keep_unhappy_end()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  if old.status in ('FAILED', 'UNRESOLVED') then
    delete from unhappy_end u
    where u.client_id = old.client_id and u.kind = old.kind and u.status = old.status and u.id = old.id;
  end if;
  if tg_op = 'UPDATE' and new.status in ('FAILED', 'UNRESOLVED') then
    insert into unhappy_end (client_id, kind, status, id) values (new.client_id, new.kind, new.status, new.id)
    on conflict do nothing;
  end if;
  return null;
end $function$
CREATE OR REPLACE FUNCTION public.put_in_the_hopper()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  insert into payout (submission_id, slot)
  values (new.submission_id, ('x' || right(new.submission_id::text, 4))::bit(16)::integer) on conflict do nothing;
  return null;
end $function$
CREATE OR REPLACE FUNCTION public.refuse_move()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
begin
  raise exception '% %: % may not become %', tg_table_name, to_json(new) ->> tg_argv[0], old.status, new.status
    using errcode = 'check_violation', constraint = tg_name;
end $function$
CREATE OR REPLACE FUNCTION public.tell_client_news()
 RETURNS trigger
 LANGUAGE plpgsql
AS $function$
declare
  changed uuid;
  now_at bigint;
begin
  if tg_table_name = 'client' then changed := old.id; else changed := old.client_id; end if;
  update client_revision set revision = revision + 1 returning revision into now_at;
  insert into client_news (revision, client_id) values (now_at, changed);
  delete from client_news where revision <= now_at - 10000;
  return null;
end $function$

-- sequences
sequence definition_id_seq as bigint
sequence result_id_seq as bigint
