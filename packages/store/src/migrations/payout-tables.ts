import { oneOf } from './one-of.ts';

/** Owns what third parties hand over where no client is named for them (`PROVIDER_<NAME>_CLIENT_ID`). */
export const BUILT_IN_CLIENT = '00000000-0000-7000-8000-000000000001';

/** So many payouts one file holds at most (seed 000); the bank itself bears 1,500. */
export const MOST_IN_A_FILE = 100;

/**
 * What goes to the bank, in which file, and what it said. A payout's row appears with its leg, in the same commit, by a
 * trigger whose WHEN clause costs other kinds nothing. `slot` spreads payouts over however many shards there are
 * (`slot % shards`), so their number may change without moving a row.
 */
export const PAYOUT_TABLES = `
create table lease (
  name text primary key,
  owner uuid not null,
  -- Grows with every new owner: what an owner writes before a call is refused once another has taken over.
  token bigint not null,
  locked_at timestamptz not null,
  lock_expiry timestamptz not null
) with (fillfactor = 50);

create table payout (
  submission_id uuid primary key,
  slot integer not null,
  status text not null default 'WAITING' ${oneOf('status', ['WAITING', 'BATCHED', 'REFUSED'])},
  batch_id text,
  -- How many may share a file with it; halved each time the bank refuses a file it was in.
  most smallint not null default ${MOST_IN_A_FILE}
);
create index payout_waiting on payout (submission_id) where status = 'WAITING';
create index payout_of_batch on payout (batch_id) where batch_id is not null;

create function put_in_the_hopper() returns trigger language plpgsql as $$
begin
  insert into payout (submission_id, slot)
  values (new.submission_id, ('x' || right(new.submission_id::text, 4))::bit(16)::integer) on conflict do nothing;
  return null;
end $$;
create trigger bank_leg after insert on registration for each row
when (new.leg = 'bank') execute function put_in_the_hopper();

-- id = MsgId = X-Idempotency-Key; who is in it and its bytes never change.
create table batch (
  id text primary key check (id ~ '^[0-9a-f]{32}$'),
  slot integer not null,
  payouts smallint not null check (payouts between 1 and ${MOST_IN_A_FILE}),
  cents bigint not null check (cents > 0),
  currency text not null,
  bytes bytea not null,
  status text not null default 'FROZEN' ${oneOf('status', ['FROZEN', 'INITIATED', 'REFUSED'])},
  attempts integer not null default 0,
  -- An earlier try may have reached the bank: from then on only its own words count.
  ambiguous boolean not null default false,
  -- The payouts' own rows know what became of it.
  written_back boolean not null default false,
  message_request_id text,
  last_error text,
  next_at timestamptz not null,
  created_at timestamptz not null,
  initiated_at timestamptz
);
create index batch_open on batch (created_at) where not written_back;

create table bank_message (
  id text primary key,
  type text not null,
  request_id text,
  body text not null,
  -- KEPT: stored, not applied yet. PARKED: nobody here knows what it speaks of, or it cannot be read.
  status text not null default 'KEPT' ${oneOf('status', ['KEPT', 'APPLIED', 'PARKED'])},
  note text,
  received_at timestamptz not null,
  deleted_at timestamptz
);
create index bank_message_open on bank_message (received_at) where status = 'KEPT' or deleted_at is null;
create index bank_message_parked on bank_message (received_at) where status = 'PARKED';
create index bank_message_of on bank_message (request_id) where request_id is not null;

-- Rung by the door, heard by the worker.
create table bell (
  name text primary key,
  rung_at timestamptz not null
);

-- How a third party looks from the workers: for the door's readiness.
create table outlook (
  name text primary key,
  ready boolean not null,
  checks json not null,
  at timestamptz not null
);

-- Owns what third parties hand over where no client is named for them.
insert into client (id, name, webhook_secrets)
values ('${BUILT_IN_CLIENT}', 'built-in',
  jsonb_build_array(jsonb_build_object('secret',
    'whsec_' || encode(sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())), 'base64'), 'until', null)));
`;
