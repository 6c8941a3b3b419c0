import type { Statement } from './line.ts';
import { ANY_OF, NOW } from './sql.ts';

/**
 * As `ACCEPT`, for kinds whose bodies are documents: their bytes are kept beside an empty body. What was moved to the
 * archive counts too: its key stays when its submission is gone.
 */
export const ACCEPT_ORIGINALS: Statement = {
  name: 'accept-originals',
  text: `
with ${NOW},
draft as materialized (
  select d.*, archive_key(client_id, kind, natural_id) as key
  from json_to_recordset($1::json) as d(id uuid, kind text, client_id uuid, natural_id text, fingerprint text,
    start integer, size integer, original integer, content_type text, facts json, callback_url text, traceparent text,
    queued boolean)
),
archived as materialized (
  select k.key from archived_key k where k.key = ${ANY_OF('draft', 'key')}
),
made as (
  insert into submission (id, client_id, kind, natural_id, created_at, updated_at, fingerprint, facts, callback_url, traceparent)
  select id, client_id, kind, natural_id, now, now, decode(fingerprint, 'hex'), facts, callback_url, traceparent from draft, t
  where (key in (select key from archived)) is not true
  on conflict do nothing returning id, created_at
),
kept as (
  insert into document (submission_id, content_type, body)
  select id, content_type, '' from draft where (id in (select id from made)) is true
),
kept_as_it_came as (
  insert into original (submission_id, size, bytes)
  select id, original, substring($2::bytea from start for size) from draft where (id in (select id from made)) is true
),
remembered as (
  insert into agenda (submission_id, client_id, kind, due_at, queued)
  select id, client_id, kind, case when queued then now + interval '15 s' else now end, queued
  from draft, t where (id in (select id from made)) is true
)
select id, created_at from made`,
};

/** One by one: each walks the index of its own day and of no other. */
export const ORIGINAL: Statement = {
  name: 'original',
  text: 'select bytes from original where submission_id = $1::uuid',
};

/**
 * How many versions there are: none is ever deleted, so it grows with each that is committed. (The highest id would not:
 * of two written at once the later id may be committed first, and the other never be noticed.)
 */
export const REVISION: Statement = {
  name: 'definition-revision',
  text: 'select count(*) as revision from definition where kind = $1',
};
/** The newest version of each name, and the revision they are of, by one snapshot. */
export const NEWEST: Statement = {
  name: 'newest-definitions',
  text: `select distinct on (name) name, version, body, (select count(*) from definition where kind = $1) as revision
    from definition where kind = $1 order by name, version desc`,
};
