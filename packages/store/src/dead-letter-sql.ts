export const LETTER_COLUMNS = `l.id, l.submission_id as "submissionId", s.natural_id as "naturalId", l.client_id as "clientId",
  l.kind, l.step, l.leg, l.provider, l.code, l.message, l.at`;

/** Nobody replayed it, and what it speaks of has not ended in another way since: a late webhook, a later look, an operator. */
export const OPEN = `l.replayed_at is null and not exists (
    select from submission s where s.id = l.submission_id and l.step <> 'notify' and s.settled_at > l.at)`;

export const REPLAY_COLUMNS = `r.id, r.filter, r.rate_per_second as "ratePerSecond", r.actor, r.total, r.done, r.refused,
  r.status, r.created_at as "createdAt"`;

/** A filter, as jsonb in `$1`: absent means any. */
export const MATCHES = `($1::jsonb ->> 'kind' is null or l.kind = $1::jsonb ->> 'kind')
  and ($1::jsonb ->> 'provider' is null or l.provider = $1::jsonb ->> 'provider')
  and ($1::jsonb ->> 'error' is null or l.code = $1::jsonb ->> 'error')
  and ($1::jsonb ->> 'from' is null or l.at >= to_timestamp(($1::jsonb ->> 'from')::float8 / 1000))
  and ($1::jsonb ->> 'to' is null or l.at <= to_timestamp(($1::jsonb ->> 'to')::float8 / 1000))`;
