import type { Statement } from './line.ts';
import { ANY_OF, NOW, SEEN, UNTOUCHED } from './sql.ts';

const IN_MS = (column: string): string =>
  `coalesce(m.now + r.${column}_in * interval '1 ms', to_timestamp(r.${column}_at / 1000))`;

const REGISTRATION_FIELDS = `leg text, status text, reference text, attempts integer, looks integer, told boolean,
  telling_in float8, telling_at float8, ambiguous_in float8, ambiguous_at float8, due_in float8, due_at float8,
  looking_in float8, looking_at float8, failure json`;

// Any fixed number of our own.
export const FEED_LOCK = 4_207_849_402;

/**
 * The whole change of each submission whose version is still the one that was read. What the update returns carries the
 * rest of the change along, so nothing has to be joined again. Times come as `…_in` (from now) or `…_at` (as it was).
 * The agenda is left alone where it is about right (a ticket too early is harmless, and mends it): its index makes each
 * change of `due_at` dear, and a quick life needs none.
 * That it is still pending is told once, however many first looks (one after each try, one after their word) know no more.
 * Results take turns until they are committed, so that their ids come into sight in their order: a reader's cursor skips none.
 */
const PARTS = `
with ${NOW},
change as materialized (
  select * from json_to_recordset($1::json) as c(id uuid, version integer, status text, settles boolean, failure json,
    facts json, opened json, changed json, entries json, callbacks json, letters json, results json, webhook uuid, strike boolean,
    agenda_ms float8, exact boolean, actor text, replayed text[])
),
m as (
  update submission s set status = c.status, version = s.version + 1, updated_at = t.now, failure = c.failure,
    facts = coalesce(c.facts, s.facts), settled_at = case when c.settles then t.now else s.settled_at end
  from change c, t where s.id = c.id and s.version = c.version and s.id = ${ANY_OF('change')}
  returning s.id, s.version, s.client_id, s.kind, s.callback_url, t.now, c.opened, c.changed, c.entries, c.callbacks,
    c.letters, c.results, c.webhook, c.strike, c.agenda_ms, c.exact, c.actor, c.replayed
),
opened as (
  insert into registration (submission_id, leg, provider, idempotency_key, status, reference, attempts, looks, told,
    telling_since, ambiguous_until, due_at, looking_since, updated_at, failure)
  select m.id, r.leg, r.provider, r.key, r.status, r.reference, r.attempts, r.looks, r.told, ${IN_MS('telling')},
    ${IN_MS('ambiguous')}, ${IN_MS('due')}, ${IN_MS('looking')}, m.now, r.failure
  from m cross join lateral json_to_recordset(m.opened) as r(provider text, key text, ${REGISTRATION_FIELDS})
),
changed as (
  update registration g set status = r.status, reference = r.reference, attempts = r.attempts, looks = r.looks,
    told = r.told, telling_since = ${IN_MS('telling')}, ambiguous_until = ${IN_MS('ambiguous')},
    due_at = ${IN_MS('due')}, looking_since = ${IN_MS('looking')}, updated_at = m.now, failure = r.failure
  from m cross join lateral json_to_recordset(m.changed) as r(${REGISTRATION_FIELDS})
  where g.submission_id = m.id and g.leg = r.leg and g.submission_id = ${ANY_OF('change')}
),
told as (
  insert into history (submission_id, version, at, entries)
  select m.id, m.version, m.now, m.entries from m where m.entries is not null
),
called as (
  insert into callback (submission_id, id, client_id, type, version, url, due_at, created_at, snapshot)
  select m.id, r.id, m.client_id, r.type, m.version, m.callback_url, m.now, m.now, r.snapshot
  from m cross join lateral json_to_recordset(m.callbacks) as r(id uuid, type text, snapshot json)
  where r.type not like '%.pending' or not exists (
    select from callback c where c.submission_id = m.id and c.type = r.type
      and c.submission_id = ${ANY_OF('change where callbacks is not null')})
),
buried as (
  insert into dead_letter (id, submission_id, client_id, kind, step, leg, provider, code, message, at)
  select r.id, m.id, m.client_id, m.kind, r.step, r.leg, r.provider, r.code, r.message, m.now
  from m cross join lateral json_to_recordset(m.letters)
    as r(id uuid, step text, leg text, provider text, code text, message text)
),
turn as materialized (
  select count(pg_advisory_xact_lock(${FEED_LOCK})) as taken from change where results is not null
),
fed as (
  insert into result (submission_id, client_id, kind, code, response, created_at)
  select m.id, m.client_id, m.kind, r.code, r.response, m.now
  from turn cross join m cross join lateral json_to_recordset(m.results) as r(code integer, response json)
  where turn.taken > 0
),
applied as (
  update webhook w set applied_at = m.now from m where w.id = m.webhook and w.id = any(array(select webhook from change where webhook is not null))
),
-- Accepted and not applied: its ticket may be lost, so the submission stays on the agenda, and soon.
unheard as materialized (
  select w.submission_id from webhook w where w.submission_id = ${ANY_OF('change')} and w.applied_at is null
    and (w.id = any(array(select webhook from change where webhook is not null))) is not true
),
${SEEN('change where strike')},
struck as (
  delete from agenda a using m
  where a.submission_id = m.id and m.strike and ${UNTOUCHED} and (m.id in (select submission_id from unheard)) is not true and a.submission_id = ${ANY_OF('change where strike')} and not exists (
    select from callback c where c.submission_id = m.id and c.status = 'WAITING'
      and c.submission_id = ${ANY_OF('change where strike')})
),
put_off as (
  update agenda a set due_at = m.now + m.agenda_ms * interval '1 ms' from m
  where (m.id in (select submission_id from unheard)) is not true and a.submission_id = m.id and not m.strike and a.submission_id = ${ANY_OF('change')}
    and (m.exact or a.due_at > m.now + (m.agenda_ms + 2000) * interval '1 ms'
      or a.due_at < m.now + (m.agenda_ms - 10000) * interval '1 ms')
),
remembered as (
  insert into agenda (submission_id, client_id, kind, due_at, queued)
  select m.id, m.client_id, m.kind, m.now + m.agenda_ms * interval '1 ms', true from m
  where not m.strike and not exists (
    select from agenda a where a.submission_id = m.id and a.submission_id = ${ANY_OF('change')})
  on conflict do nothing
)`;

export const COMMIT: Statement = { name: 'commit', text: `${PARTS} select m.id, m.now from m` };

/** An operator's move: the same, and the letters it answers are marked. */
export const COMMIT_REPLAY: Statement = {
  name: 'commit-replay',
  text: `${PARTS},
answered as (
  update dead_letter l set replayed_at = m.now, replayed_by = m.actor from m
  where l.submission_id = m.id and l.submission_id = ${ANY_OF('change')} and (l.replayed_at is null) is true and l.step = any(m.replayed)
)
select m.id, m.now from m`,
};
