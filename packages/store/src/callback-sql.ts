import type { Statement } from './line.ts';
import { ANY_OF, NOW, SEEN, UNTOUCHED } from './sql.ts';

/**
 * `pick`: the oldest waiting callback that no newer one has overtaken. A failed one (tried, and in nobody's hands) with
 * a newer one waiting is overtaken: it is superseded, so an older state never arrives after a newer. Two holders may
 * see the same pick; the update's own conditions let one have it. The same holder gets the same attempt again.
 */
export const CLAIM: Statement = {
  name: 'claim',
  text: `
with ${NOW},
asked as materialized (
  select * from json_to_recordset($1::json) as i(submission uuid, holder text, lease_ms float8)
),
pick as materialized (
  select i.*, s.natural_id, s.kind, s.created_at, s.client_id, s.status as standing, p.*,
    (select true from endpoint e where e.client_id = s.client_id and e.url = p.url) is true as disabled
  from asked i join submission s on s.id = i.submission and s.id = ${ANY_OF('asked', 'submission')}
  left join lateral (
    select c.id, c.submission_id, c.type, c.version, c.url, c.attempts, c.due_at, c.held_by, c.held_until,
      c.created_at as called_at, c.snapshot, c.body
    from t, callback c
    where c.submission_id = i.submission and c.status = 'WAITING' and not (
      c.attempts > 0 and (c.held_until is null or (c.held_until <= t.now)) and exists (
        select from callback n where n.submission_id = c.submission_id and n.status = 'WAITING'
          and (n.version, n.id) > (c.version, c.id)))
    order by c.version, c.id limit 1
  ) p on true
),
superseded as (
  update callback c set status = 'SUPERSEDED', ended_at = t.now, held_by = null, held_until = null from pick p, t
  where c.submission_id = p.submission_id and c.submission_id = ${ANY_OF('pick where id is not null', 'submission')}
    and c.status = 'WAITING' and (c.version, c.id) < (p.version, p.id)
),
gone as (
  update callback c set status = 'GONE', ended_at = t.now from pick p, t
  where p.disabled and c.submission_id = p.submission_id and c.submission_id = ${ANY_OF('pick where disabled', 'submission')}
    and c.id = p.id and c.status = 'WAITING'
    and (c.held_until is null or c.held_until <= t.now)
  returning c.submission_id, c.version, c.type, t.now
),
noted as (
  insert into history (submission_id, version, at, entries)
  select submission_id, version, now, json_build_array(json_build_object('type', 'callback', 'to', type,
    'error', 'not sent: this URL answered 410 before and was not set again')) from gone
),
claimed as (
  update callback c set held_by = p.holder, held_until = t.now + p.lease_ms * interval '1 ms',
    attempts = case when c.held_by = p.holder and c.held_until > t.now then c.attempts else c.attempts + 1 end
  from pick p, t
  where not p.disabled and c.submission_id = p.submission_id and c.submission_id = ${ANY_OF('pick where id is not null', 'submission')}
    and c.id = p.id and c.status = 'WAITING' and case
    when c.held_until > t.now then c.held_by = p.holder else c.due_at <= t.now end
  returning c.id
)
select p.submission, p.id, p.type, p.version, p.url, p.client_id, p.called_at, p.snapshot, p.body, p.natural_id, p.kind,
  p.created_at, p.standing, p.due_at, p.held_until, p.disabled, t.now,
  p.attempts, (p.id in (select id from claimed)) is true as claimed, p.held_by = p.holder as mine,
  d.body as request, d.content_type, k.webhook_secrets
from pick p cross join t
left join document d on d.submission_id = p.submission_id
  and d.submission_id = ${ANY_OF('pick where id is not null and body is null', 'submission')}
left join client k on k.id = p.client_id and k.id = ${ANY_OF('pick where id is not null', 'client_id')}`,
};

/** Nothing more will come: its status is final, or it is UNRESOLVED with no look to come. */
const OVER = `(s.status in ('COMPLETED', 'FAILED') or s.status = 'UNRESOLVED' and not exists (
    select from registration r where r.submission_id = s.id and r.submission_id = ${ANY_OF('e', 'submission')}
      and (r.status = 'PENDING' or r.status = 'UNRESOLVED' and r.due_at is not null)))`;

/** A verdict counts only from who holds the claim; a delivery counts from anyone: it cannot be undone. */
export const END: Statement = {
  name: 'end',
  text: `
with ${NOW},
e as materialized (
  select * from json_to_recordset($1::json) as e(submission uuid, id uuid, version integer, holder text, verdict text,
    in_ms float8, body text, entries json, letter uuid, code text, message text)
),
ended as (
  update callback c set
    status = case e.verdict when 'delivered' then 'DELIVERED' when 'dead' then 'DEAD' when 'gone' then 'GONE' else 'WAITING' end,
    attempts = case when e.verdict = 'unspent' then greatest(0, c.attempts - 1) else c.attempts end,
    due_at = coalesce(t.now + e.in_ms * interval '1 ms', c.due_at),
    body = coalesce(c.body, e.body), held_by = null, held_until = null,
    ended_at = case when e.in_ms is null then t.now end
  from e, t
  where c.submission_id = e.submission and c.submission_id = ${ANY_OF('e', 'submission')} and c.id = e.id
    and c.status = 'WAITING' and (c.held_by = e.holder or e.verdict = 'delivered')
  returning c.submission_id, c.id, c.client_id, c.url, e.verdict, e.in_ms, e.letter, e.code, e.message, t.now
),
told as (
  insert into history (submission_id, version, at, entries)
  select submission, version, now, entries from e, t where entries is not null
),
buried as (
  insert into dead_letter (id, submission_id, client_id, kind, step, code, message, at)
  select n.letter, n.submission_id, n.client_id, s.kind, 'notify', n.code, n.message, n.now
  from ended n join submission s on s.id = n.submission_id and s.id = ${ANY_OF('e where letter is not null', 'submission')}
  where n.letter is not null
),
disabled as (
  insert into endpoint (client_id, url, disabled_at)
  select client_id, url, now from ended where verdict = 'gone' on conflict do nothing
),
-- An accepted webhook keeps its submission on the agenda until it is applied: its ticket may be lost.
unheard as materialized (
  select w.submission_id from webhook w where w.submission_id = ${ANY_OF('e where in_ms is null', 'submission')}
    and w.applied_at is null
),
${SEEN('e where in_ms is null', 'submission')},
struck as (
  delete from agenda a using ended n
  join submission s on s.id = n.submission_id and s.id = ${ANY_OF('e where in_ms is null', 'submission')}
  where a.submission_id = n.submission_id and a.submission_id = ${ANY_OF('e where in_ms is null', 'submission')}
    and n.in_ms is null and ${OVER} and ${UNTOUCHED} and (n.submission_id in (select submission_id from unheard)) is not true
    and not exists (
      select from callback c where c.submission_id = n.submission_id and c.status = 'WAITING' and c.id <> n.id
        and c.submission_id = ${ANY_OF('e where in_ms is null', 'submission')})
),
put_off as (
  update agenda a set due_at = n.now + n.in_ms * interval '1 ms' from ended n
  where a.submission_id = n.submission_id and a.submission_id = ${ANY_OF('e where in_ms is not null', 'submission')}
    and a.due_at > n.now + n.in_ms * interval '1 ms'
)
select id from ended`,
};
