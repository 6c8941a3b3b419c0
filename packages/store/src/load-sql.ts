import type { Statement } from './line.ts';
import { SUBMISSION_COLUMNS } from './submission-row.ts';

/** The clock is read to the microsecond and once: back-offs that guard money are judged by it. */
export const LOAD: Statement = {
  name: 'load',
  text: `
with t as materialized (select date_part('epoch', clock_timestamp()) * 1000 as now_ms)
select d.body, d.content_type, t.now_ms, ${SUBMISSION_COLUMNS}
from t, unnest($1::uuid[]) as wanted(id)
join submission s on s.id = wanted.id
join document d on d.submission_id = s.id`,
};

export const WEBHOOK: Statement = {
  name: 'webhook',
  text: `
select w.id, w.submission_id, w.leg, w.word, w.applied_at from unnest($1::uuid[]) as wanted(id)
join webhook w on w.id = wanted.id`,
};
