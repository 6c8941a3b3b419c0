import type { Statement } from './line.ts';
import { ANY_OF, NOW } from './sql.ts';

const MEMBERS = `(select json_agg(p.submission_id order by p.submission_id) from payout p where p.batch_id = b.id)`;
const BATCH = `b.id, b.status, b.bytes, b.attempts, b.ambiguous, b.message_request_id, b.initiated_at, b.last_error, ${MEMBERS} as payouts`;

export const DUE: Statement = {
  name: 'batch-due',
  text: `
select ${BATCH} from batch b
where not b.written_back and b.status = 'FROZEN' and b.slot % $2::integer = $1::integer and b.next_at <= clock_timestamp()
order by b.created_at limit 1`,
};

export const UNWRITTEN: Statement = {
  name: 'batch-unwritten',
  text: `
select ${BATCH} from batch b
where not b.written_back and b.status in ('INITIATED', 'REFUSED') and b.slot % $2::integer = $1::integer order by b.created_at limit 10`,
};

/**
 * Only while its leg waits to be told: what was given up, or an operator's case, goes into no file. Asked as a scalar, which
 * is a probe of the index per row; an `exists` would become a hash of every registration there is (see `ANY_OF`).
 */
export const WAITING: Statement = {
  name: 'payouts-waiting',
  text: `
select p.submission_id as id, p.most from payout p
where p.status = 'WAITING' and p.slot % $2::integer = $1::integer and (
  select r.status = 'PENDING' and not r.told from registration r where r.submission_id = p.submission_id and r.leg = 'bank')
order by p.submission_id limit $3::integer`,
};

/** The lease's own row, locked against a take-over until the commit. */
const FENCE = `
fence as materialized (
  select 1 from lease l, t where l.name = $1::text and l.owner = $2::uuid and l.token = $3::bigint and l.lock_expiry > t.now
  for share of l
)`;

export const FREEZE: Statement = {
  name: 'batch-freeze',
  text: `
with ${NOW}, ${FENCE},
free as materialized (
  select p.submission_id, p.slot from payout p
  where p.submission_id = any($5::uuid[]) and p.status = 'WAITING' and p.batch_id is null for update
),
made as (
  insert into batch (id, slot, payouts, cents, currency, bytes, next_at, created_at)
  select $4::text, (select min(slot) from free), cardinality($5::uuid[]), $6::bigint, $7::text, $8::bytea, t.now, t.now
  from t, fence where (select count(*) from free) = cardinality($5::uuid[])
  returning id
)
update payout p set status = 'BATCHED', batch_id = m.id from made m
where p.submission_id = ${ANY_OF('free', 'submission_id')} returning p.submission_id`,
};

export const BEGIN: Statement = {
  name: 'batch-begin',
  text: `
with ${NOW}, ${FENCE},
before as materialized (select id, ambiguous from batch where id = $4::text and status = 'FROZEN' for update)
update batch b set attempts = b.attempts + 1, ambiguous = true from before o, fence
where b.id = o.id and b.id = $4::text returning b.attempts as attempt, o.ambiguous`,
};

export const NOT_SENT: Statement = {
  name: 'batch-not-sent',
  text: `update batch set ambiguous = false where id = $1::text and attempts = $2::integer`,
};

export const INITIATED: Statement = {
  name: 'batch-initiated',
  text: `
with ${NOW}
update batch b set status = 'INITIATED', message_request_id = coalesce(b.message_request_id, $2::text),
  initiated_at = coalesce(b.initiated_at, t.now), last_error = null
from t where b.id = $1::text and b.status in ('FROZEN', 'INITIATED') returning b.initiated_at`,
};

export const LATER: Statement = {
  name: 'batch-later',
  text: `
update batch set next_at = clock_timestamp() + $2::float8 * interval '1 ms', last_error = $3::text
where id = $1::text and attempts = $4::integer and status = 'FROZEN'`,
};

export const BREAK_UP: Statement = {
  name: 'batch-break-up',
  text: `
with broken as (
  update batch set status = 'REFUSED', written_back = payouts > 1, last_error = $3::text
  where id = $1::text and status = 'FROZEN' and attempts = $2::integer returning id, payouts
),
freed as (
  update payout p set status = 'WAITING', batch_id = null, most = greatest(1, b.payouts / 2) from broken b
  where b.payouts > 1 and p.batch_id = b.id and p.batch_id = $1::text
)
select payouts from broken`,
};

export const MEMBERS_OF: Statement = {
  name: 'batch-members',
  text: `
select b.id, ${MEMBERS} as payouts from batch b
where b.id = $1::text or ($2::text is not null and b.message_request_id = $2::text) order by b.created_at limit 1`,
};

export const COUNTS = `
select (select count(*) from payout where status = 'WAITING') as waiting,
  (select count(*) from batch where not written_back and status = 'FROZEN') as frozen,
  (select count(*) from bank_message where status = 'PARKED') as "parkedMessages",
  coalesce((select extract(epoch from clock_timestamp() - min(created_at)) * 1000 from batch
    where not written_back and status = 'FROZEN'), 0)::float8 as "oldestFrozenMs"`;
