import type { Statement } from './line.ts';
import { NOW } from './sql.ts';
import { SUBMISSION_COLUMNS } from './submission-row.ts';

/**
 * Of duplicates, in this batch or in another's, exactly one is `made`. `(… in (select …)) is true` is a hashed look-up.
 * The bodies come as one run of bytes (`$2`), each with its place in it: nobody escapes or parses them, which halves the
 * cost of 2 kB.
 */
export const ACCEPT: Statement = {
  name: 'accept',
  text: `
with ${NOW},
draft as materialized (
  select * from json_to_recordset($1::json) as d(id uuid, kind text, client_id uuid, natural_id text, fingerprint text,
    start integer, size integer, content_type text, facts json, callback_url text, traceparent text, queued boolean)
),
made as (
  insert into submission (id, client_id, kind, natural_id, created_at, updated_at, fingerprint, facts, callback_url, traceparent)
  select id, client_id, kind, natural_id, now, now, decode(fingerprint, 'hex'), facts, callback_url, traceparent from draft, t
  on conflict do nothing returning id, created_at
),
kept as (
  insert into document (submission_id, content_type, body)
  select id, content_type, convert_from(substring($2::bytea from start for size), 'UTF8') from draft where (id in (select id from made)) is true
),
remembered as (
  insert into agenda (submission_id, client_id, kind, due_at, queued)
  select id, client_id, kind, case when queued then now + interval '15 s' else now end, queued
  from draft, t where (id in (select id from made)) is true
)
select id, created_at from made`,
};

/** What stood there before, for those that were not made. */
export const EARLIER: Statement = {
  name: 'earlier',
  text: `
select i.at, encode(s.fingerprint, 'hex') as fingerprint, d.body, d.content_type, ${SUBMISSION_COLUMNS}
from json_to_recordset($1::json) as i(at integer, kind text, client_id uuid, natural_id text)
cross join lateral (
  select * from submission x where x.client_id = i.client_id and x.kind = i.kind and x.natural_id = i.natural_id limit 1
) s
cross join lateral (select * from document x where x.submission_id = s.id limit 1) d`,
};

export const UNQUEUE: Statement = {
  name: 'unqueue',
  text: `update agenda set queued = false, due_at = clock_timestamp() where submission_id = any($1::uuid[]) and queued`,
};
