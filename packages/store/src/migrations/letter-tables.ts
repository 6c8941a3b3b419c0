import { oneOf } from './one-of.ts';

/** What goes out to clients, what comes in from third parties, and what we gave up on. Updated in place as the submissions are. */
export const LETTER_TABLES = `
create table callback (
  submission_id uuid not null,
  id uuid not null,
  client_id uuid not null,
  type text not null,
  version integer not null,
  url text not null,
  status text not null default 'WAITING' ${oneOf('status', ['WAITING', 'DELIVERED', 'DEAD', 'GONE', 'SUPERSEDED'])},
  attempts integer not null default 0,
  due_at timestamptz not null,
  held_until timestamptz,
  held_by text,
  created_at timestamptz not null,
  ended_at timestamptz,
  snapshot json not null,
  body text,
  primary key (submission_id, id)
) with (fillfactor = 50, autovacuum_vacuum_scale_factor = 0.1);

create table endpoint (
  client_id uuid not null,
  url text not null,
  disabled_at timestamptz not null,
  primary key (client_id, url)
);

create table webhook (
  submission_id uuid not null,
  leg text not null,
  digest bytea not null,
  id uuid not null unique,
  provider text not null,
  word json not null,
  received_at timestamptz not null,
  applied_at timestamptz,
  primary key (submission_id, leg, digest)
) with (fillfactor = 70);

create table dead_letter (
  id uuid primary key,
  submission_id uuid not null,
  client_id uuid not null,
  kind text not null,
  step text not null,
  leg text,
  provider text,
  code text not null,
  message text not null,
  at timestamptz not null,
  replayed_at timestamptz,
  replayed_by text
);
create index dead_letter_of on dead_letter (submission_id);
create index dead_letter_open on dead_letter (id) where replayed_at is null;

create table replay (
  id uuid primary key,
  filter jsonb not null,
  rate_per_second double precision not null check (rate_per_second > 0),
  actor text not null,
  total integer not null,
  done integer not null default 0,
  refused integer not null default 0,
  status text not null default 'RUNNING' ${oneOf('status', ['RUNNING', 'DONE'])},
  reached uuid,
  created_at timestamptz not null default now(),
  worked_at timestamptz not null default now()
);
`;
