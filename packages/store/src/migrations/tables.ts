import { STANDINGS, STATUSES } from '@countersign/flow';
import { oneOf } from './one-of.ts';

/**
 * Rows refer to each other by id without foreign keys: every reference is written in the statement that writes what it
 * refers to, nothing is ever deleted, and a check would cost a lock and a probe per row (10 µs of the 200 we have).
 *
 * Half of each page of what is updated stays free, and no index holds a column that changes, so that updates are
 * heap-only: the index is not touched and the old version's space is reused without vacuum.
 */
export const SUBMISSION_TABLES = `
create table submission (
  id uuid primary key,
  client_id uuid not null,
  kind text not null,
  natural_id text not null,
  status text not null default 'PENDING' ${oneOf('status', STATUSES)},
  version integer not null default 1,
  created_at timestamptz not null,
  updated_at timestamptz not null,
  settled_at timestamptz,
  fingerprint bytea not null,
  failure json,
  facts json,
  callback_url text,
  traceparent text
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1, autovacuum_analyze_scale_factor = 0.1);
create unique index submission_natural_id on submission (client_id, kind, natural_id);
create index submission_newest on submission (client_id, kind, id desc);

-- Written once. Bodies up to 8 kB stay in the row as they are: compressing 2 kB costs more than it saves.
create table document (
  submission_id uuid primary key,
  content_type text not null,
  body text not null
) with (toast_tuple_target = 8160);

create table registration (
  submission_id uuid not null,
  leg text not null,
  provider text not null,
  status text not null default 'PENDING' ${oneOf('status', STANDINGS)},
  reference text,
  idempotency_key text not null,
  attempts integer not null default 0,
  looks integer not null default 0,
  told boolean not null default false,
  telling_since timestamptz,
  ambiguous_until timestamptz,
  due_at timestamptz,
  looking_since timestamptz,
  updated_at timestamptz not null,
  failure json,
  primary key (submission_id, leg)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);

-- One row per commit: all the lines it added to the story.
create table history (
  submission_id uuid not null,
  version integer not null,
  at timestamptz not null,
  entries json not null
);
create index history_of on history (submission_id);
`;

/** A row per unfinished submission: why neither the sweep nor the dispatcher ever looks through the submissions. */
export const AGENDA_TABLES = `
create table agenda (
  submission_id uuid primary key,
  client_id uuid not null,
  kind text not null,
  due_at timestamptz not null,
  queued boolean not null
) with (
  fillfactor = 70, autovacuum_vacuum_scale_factor = 0.02, autovacuum_vacuum_threshold = 5000,
  autovacuum_vacuum_cost_delay = 0, autovacuum_analyze_scale_factor = 0.05
);
create index agenda_due on agenda (due_at) where queued;
create index agenda_undispatched on agenda (client_id, submission_id) where not queued;
`;

export const CLIENT_TABLES = `
create table client (
  id uuid primary key,
  name text not null,
  callback_url text,
  limits jsonb not null default '{}',
  -- [{ "secret": "whsec_…", "until": null | milliseconds }], newest first
  webhook_secrets jsonb not null,
  created_at timestamptz not null default now()
);

create table client_key (
  id uuid primary key,
  client_id uuid not null references client (id),
  hash bytea not null unique,
  scopes text[] not null,
  created_at timestamptz not null default now(),
  revoked_at timestamptz
);
create index client_key_of on client_key (client_id);

create table secret (
  name text primary key,
  value bytea not null
);
-- 244 random bits from PostgreSQL's strong source; no extension needed.
insert into secret (name, value)
values ('webhook-token', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
`;
