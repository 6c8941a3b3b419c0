import type { Statement } from './line.ts';
import { ANY_OF, NOW } from './sql.ts';
import { SUBMISSION_COLUMNS } from './submission-row.ts';

/**
 * Clients are found by leaping through the index from one to the next, so a client with a million waiting costs as much
 * as one with ten. In random order, so that with more clients than room nobody is always last.
 */
export const TAKE: Statement = {
  name: 'take',
  text: `
with recursive ${NOW},
waiting as (
  (select a.client_id from agenda a where not a.queued order by a.client_id limit 1)
  union all
  select (select a.client_id from agenda a where not a.queued and a.client_id > w.client_id order by a.client_id limit 1)
  from waiting w where w.client_id is not null
),
served as materialized (
  select client_id, ceil($1::float8 / count(*) over ())::integer as share from waiting where client_id is not null
  order by random() limit $1::integer
),
picked as materialized (
  select p.submission_id from served s cross join lateral (
    select a.submission_id from agenda a where a.client_id = s.client_id and not a.queued
    order by a.submission_id limit s.share for update skip locked
  ) p
),
taken as (
  update agenda a set queued = true, due_at = t.now + interval '15 s' from picked p, t
  where a.submission_id = p.submission_id and a.submission_id = ${ANY_OF('picked', 'submission_id')}
  returning a.submission_id
)
select s.id, s.kind, s.client_id as "clientId", s.traceparent
from taken k join submission s on s.id = k.submission_id and s.id = ${ANY_OF('picked', 'submission_id')}`,
};

/** Still to be registered or looked at: flow's isOnItsWay. */
const ON_ITS_WAY = `(r.status = 'PENDING' or r.status = 'UNRESOLVED' and r.due_at is not null)`;

/**
 * `next`: when the earliest thing of a submission is due: a leg, a callback, a webhook at once; NULL when nothing is left
 * to do. So an agenda that was set too early or is left over mends itself without a ticket.
 */
export const OVERDUE: Statement = {
  name: 'overdue',
  text: `
with ${NOW},
late as materialized (
  select a.submission_id from agenda a where a.queued and a.due_at <= (select now from t) - $3::float8 * interval '1 ms'
  order by a.due_at limit $1::integer for update skip locked
),
legs as materialized (
  select s.id as submission_id, s.status,
    (select case
        when s.status in ('COMPLETED', 'FAILED') then null
        when s.status = 'UNRESOLVED' and not coalesce(bool_or(${ON_ITS_WAY}), false) and bool_or(r.status = 'UNRESOLVED')
          then null
        when coalesce(bool_or(${ON_ITS_WAY}), false)
          then min(coalesce(r.due_at, '-infinity')) filter (where ${ON_ITS_WAY})
        else '-infinity' end
      from registration r where r.submission_id = s.id) as leg_due,
    (select min(case when c.held_until > t.now then c.held_until else c.due_at end)
      from callback c where c.submission_id = s.id and c.status = 'WAITING') as callback_due,
    (select json_agg(json_build_array(w.id, w.leg) order by w.received_at)
      from webhook w where w.submission_id = s.id and w.applied_at is null) as webhooks
  from t, submission s where s.id = ${ANY_OF('late', 'submission_id')}
),
judged as materialized (
  select *, least(leg_due, callback_due, case when webhooks is not null then timestamptz '-infinity' end) as next from legs
),
struck as (
  delete from agenda a where a.submission_id = ${ANY_OF('judged where next is null', 'submission_id')}
),
put_off as (
  update agenda a set due_at = case
      when j.next <= t.now + interval '1 s' then t.now + $2::float8 * interval '1 ms'
      when j.next <= t.now + interval '30 s' then j.next + interval '10 s'
      else j.next end
  from judged j, t where a.submission_id = j.submission_id and j.next is not null
    and a.submission_id = ${ANY_OF('judged', 'submission_id')}
)
select coalesce(j.callback_due <= t.now + interval '1 s', false) as callback_due, j.webhooks, ${SUBMISSION_COLUMNS}
from t, judged j join submission s on s.id = j.submission_id and s.id = ${ANY_OF('judged', 'submission_id')}
where j.next <= t.now + interval '1 s'`,
};

export const PUSH: Statement = {
  name: 'push',
  text: `update agenda set due_at = clock_timestamp() + $2::float8 * interval '1 ms' where submission_id = any($1::uuid[])`,
};

/** Tickets in Redis are at most 30 s + 10 s ahead; what is due later was never there. */
export const RECALL: Statement = {
  name: 'recall',
  text: `
update agenda set queued = false where submission_id = any(array(
  select submission_id from agenda where queued and due_at <= now() + interval '40 s' limit $1::integer))
returning submission_id`,
};
