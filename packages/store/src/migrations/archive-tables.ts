/**
 * Where receipts are that were moved to Parquet files (ADR 0012). A row per file; files are never changed, and what is in
 * one is nowhere else: the row is committed with the deletion of what it speaks of.
 */
export const ARCHIVE_TABLES = `
create table archive_file (
  path text primary key,
  kind text not null,
  client_id uuid not null,
  -- of the ids in it, UTC
  day date not null,
  first_id uuid not null,
  last_id uuid not null,
  rows integer not null check (rows > 0),
  completed integer not null,
  failed integer not null,
  bytes bigint not null,
  -- SHA-256 of the file
  digest bytea not null,
  -- of its columns; readers know every one there ever was
  format smallint not null,
  archived_at timestamptz not null default now()
);
create index archive_file_of on archive_file (client_id, kind, day desc, last_id desc);
create index archive_file_day on archive_file (kind, day, path);

-- Files that are about to be written: what of them is in no archive_file after a crash is rubbish.
create table archive_intent (
  path text primary key,
  at timestamptz not null default now()
);

create table archive_day (
  kind text not null,
  day date not null,
  -- unfinished receipts that stayed in PostgreSQL when the day's partition was dropped
  left_behind integer not null,
  dropped_at timestamptz not null default now(),
  primary key (kind, day)
);

-- One row: which object store holds the archive, what is in it, and how the daily job fares.
create table archive (
  one boolean primary key default true check (one),
  store_id uuid,
  files bigint not null default 0,
  rows bigint not null default 0,
  bytes bigint not null default 0,
  days bigint not null default 0,
  since timestamptz not null default now(),
  tried_at timestamptz,
  succeeded_at timestamptz,
  trouble text
);
insert into archive default values;

-- What is left of the unique (client, kind, natural id): 16 bytes, written before the submission is deleted.
create table archived_key (
  key uuid primary key,
  submission_id uuid not null
);
create function archive_key(client_id uuid, kind text, natural_id text) returns uuid language sql stable as
$$ select encode(substring(sha256(convert_to(client_id::text || '/' || kind || '/' || natural_id, 'UTF8')) from 1 for 16), 'hex')::uuid $$;

insert into secret (name, value)
values ('archive-url', sha256(uuid_send(gen_random_uuid()) || uuid_send(gen_random_uuid())));
`;
