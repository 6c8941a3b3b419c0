import type { Statement } from './line.ts';
import { SUBMISSION_COLUMNS } from './submission-row.ts';

/** The clock is read to the microsecond and once: back-offs that guard money are judged by it. */
export const LOAD: Statement = {
  name: 'load',
  text: `
with t as materialized (select date_part('epoch', clock_timestamp()) * 1000 as now_ms)
select d.body, d.content_type, t.now_ms,
  array(select w.id from webhook w where w.submission_id = s.id and w.applied_at is null order by w.received_at) as unheard, ${SUBMISSION_COLUMNS}
from t, submission s join document d on d.submission_id = s.id
where s.id = any($1::uuid[]) and d.submission_id = any($1::uuid[])`,
};

export const WEBHOOK: Statement = {
  name: 'webhook',
  text: `
select w.id, w.submission_id, w.leg, w.word, w.applied_at from webhook w where w.id = any($1::uuid[])`,
};
