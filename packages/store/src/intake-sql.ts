import type { Statement } from './line.ts';
import { SUBMISSION_COLUMNS } from './submission-row.ts';

/** One clock reading per statement, in whole milliseconds: what is written and what is told of it are the same number. */
export const NOW = `t as materialized (select date_trunc('milliseconds', clock_timestamp()) as now)`;

/**
 * Of duplicates, in this batch or in another's, exactly one is `made`. `(… in (select …)) is true` is a hashed look-up;
 * a plain join of two lists in memory would be 500 × 500 comparisons where hash joins are off.
 */
export const ACCEPT: Statement = {
  name: 'accept',
  text: `
with ${NOW},
draft as materialized (
  select * from json_to_recordset($1::json) as d(id uuid, kind text, client_id uuid, natural_id text, fingerprint text,
    body text, content_type text, callback_url text, traceparent text, queued boolean)
),
made as (
  insert into submission (id, client_id, kind, natural_id, created_at, updated_at, fingerprint, callback_url, traceparent)
  select id, client_id, kind, natural_id, now, now, decode(fingerprint, 'hex'), callback_url, traceparent from draft, t
  on conflict do nothing returning id, created_at
),
kept as (
  insert into document (submission_id, content_type, body)
  select id, content_type, body from draft where (id in (select id from made)) is true
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
join submission s on s.client_id = i.client_id and s.kind = i.kind and s.natural_id = i.natural_id
join document d on d.submission_id = s.id`,
};

export const UNQUEUE: Statement = {
  name: 'unqueue',
  text: `update agenda set queued = false, due_at = clock_timestamp() where submission_id = any($1::uuid[]) and queued`,
};
