/**
 * Documents as they came (receipts), each compressed by itself by the process that keeps it. Partitioned by day: ids
 * begin with their time, so a day is a range of ids, and the primary key holds in every partition. The days are made
 * ahead by the worker; what comes before its day is made goes into `original_rest`, so accepting never waits for them.
 */
export const ORIGINAL_TABLE = `
create table original (
  submission_id uuid primary key,
  -- bytes as they came; 0 to 4 GiB are thinkable, 1 MiB is accepted
  size integer not null,
  -- zstd; storage external: PostgreSQL must not try to compress it again
  bytes bytea storage external not null
) partition by range (submission_id);
create table original_rest partition of original default;
`;

/** What administrators define while everything runs (receipt types). Nothing is changed or deleted: versions only grow. */
export const DEFINITION_TABLE = `
create table definition (
  kind text not null,
  name text not null,
  version integer not null,
  id bigint generated always as identity,
  body json not null,
  created_by text not null,
  created_at timestamptz not null default now(),
  primary key (kind, name, version)
);
create index definition_newest on definition (kind, id);
`;
