import { OPEN } from './dead-letter-sql.ts';
import type { Gauges } from './gauges.ts';
import type { Line } from './line.ts';

const TEXT = `
select
  (select count(*) from (select from agenda where not queued limit 10000) a) as "undispatched",
  (select count(*) from (select from agenda limit 10000) a) as "unfinished",
  (select coalesce(greatest(0, extract(epoch from clock_timestamp() - min(due_at)) * 1000), 0)::float8
    from agenda where queued) as "oldestOverdueMs",
  (select coalesce(max(extract(epoch from clock_timestamp() - due_at)) * 1000, 0)::float8
    from (select due_at from agenda where not queued limit 10000) a) as "oldestUndispatchedMs",
  (select count(*) from (select from dead_letter l where ${OPEN} limit 10000) l) as "deadLetters",
  (select count(*) from (select from (select submission_id from agenda limit 10000) a
    join callback c on c.submission_id = a.submission_id where c.status = 'WAITING' limit 10000) c) as "callbacksWaiting"`;

export async function readGauges(hot: Line): Promise<Gauges> {
  const [row] = await hot.rows<Gauges>({ name: 'gauges', text: TEXT });
  if (!row) throw new Error('PostgreSQL returned no row for the gauges');
  return row;
}
