import { OPEN } from './dead-letter-sql.ts';

/**
 * Of submissions `s`: nobody will ever have to touch it again. UNRESOLVED is no end; an agenda row means that somebody still
 * has something to do; an open dead letter, that somebody may.
 */
export const MAY_MOVE = `s.status in ('COMPLETED', 'FAILED')
  and not exists (select from agenda a where a.submission_id = s.id)
  and not exists (select from callback c where c.submission_id = s.id and c.status = 'WAITING')
  and not exists (select from dead_letter l where l.submission_id = s.id and ${OPEN})
  and exists (select from document d where d.submission_id = s.id)`;

const KEY = 'archive_key(s.client_id, s.kind, s.natural_id)';
const ms = (column: string): string => `(extract(epoch from ${column}) * 1000)::bigint`;
const list = (table: string, fields: string, order: string): string =>
  `(select coalesce(json_agg(json_build_object(${fields}) order by ${order}), '[]')::text from ${table} x where x.submission_id = s.id)`;

/** $1 client, $2 kind, $3 and $4 the day's ids. */
const IN_BASKET = `s.client_id = $1::uuid and s.kind = $2 and s.id >= $3::uuid and s.id < $4::uuid`;

export const CLIENTS_OF_DAY = `
select k.id from client k
where exists (select from submission s where s.client_id = k.id and s.kind = $1 and s.id >= $2::uuid and s.id < $3::uuid)
order by k.id`;

export const STRAGGLERS = `
select s.id, s.client_id from original_rest o join submission s on s.id = o.submission_id
where o.submission_id < $2::uuid and s.kind = $1 and ${MAY_MOVE}
order by s.id limit 100000`;

export const KEEP_KEYS = `
with kept as (
  insert into archived_key (key, submission_id) select ${KEY}, s.id from submission s where ${IN_BASKET} and ${MAY_MOVE}
  on conflict do nothing returning 1
)
select count(*) as kept from kept`;

/** $5: after this id; $6: as many. The size is the document's, as it came. */
export const PICK = `
select s.id, o.size from submission s join original o on o.submission_id = s.id and o.submission_id >= $3::uuid and o.submission_id < $4::uuid
where ${IN_BASKET} and s.id > $5::uuid and ${MAY_MOVE}
  and exists (select from archived_key k where k.key = ${KEY} and k.submission_id = s.id)
order by s.id limit $6`;

/** $1: ids. Everything there is to know of them, times in milliseconds, JSON as text. */
export const READ = `
select s.id, s.client_id as "clientId", s.kind, s.natural_id as "naturalId", s.status, s.version,
  ${ms('s.created_at')} as "createdAt", ${ms('s.updated_at')} as "updatedAt", ${ms('s.settled_at')} as "settledAt",
  encode(s.fingerprint, 'hex') as fingerprint, s.failure::text as failure, s.facts::text as facts,
  s.callback_url as "callbackUrl", s.traceparent, d.content_type as "contentType",
  ${list(
    'registration',
    `'leg', x.leg, 'provider', x.provider, 'status', x.status, 'reference', x.reference,
    'idempotencyKey', x.idempotency_key, 'attempts', x.attempts, 'tellingSince', ${ms('x.telling_since')},
    'ambiguousUntil', ${ms('x.ambiguous_until')}, 'told', x.told, 'looks', x.looks, 'dueAt', ${ms('x.due_at')},
    'lookingSince', ${ms('x.looking_since')}, 'failure', x.failure, 'updatedAt', ${ms('x.updated_at')}`,
    'x.leg',
  )} as registrations,
  ${list('history', `'at', ${ms('x.at')}, 'version', x.version, 'entries', x.entries`, 'x.at, x.version, x.entries::text')} as history,
  ${list(
    'callback',
    `'id', x.id, 'type', x.type, 'version', x.version, 'url', x.url, 'status', x.status, 'attempts', x.attempts,
    'createdAt', ${ms('x.created_at')}, 'endedAt', ${ms('x.ended_at')}`,
    'x.id',
  )} as callbacks,
  ${list(
    'webhook',
    `'id', x.id, 'leg', x.leg, 'provider', x.provider, 'word', x.word, 'receivedAt', ${ms('x.received_at')}, 'appliedAt', ${ms('x.applied_at')}`,
    'x.id',
  )} as webhooks,
  ${list(
    'dead_letter',
    `'id', x.id, 'step', x.step, 'leg', x.leg, 'provider', x.provider, 'code', x.code, 'message', x.message,
    'at', ${ms('x.at')}, 'replayedAt', ${ms('x.replayed_at')}, 'replayedBy', x.replayed_by`,
    'x.id',
  )} as "deadLetters",
  o.bytes
from submission s
join document d on d.submission_id = s.id
join original o on o.submission_id = s.id
where s.id = any($1::uuid[]) and d.submission_id = any($1::uuid[]) and o.submission_id = any($1::uuid[]) and ${MAY_MOVE}
order by s.id`;

/** Originals go with their day's partition; those in `original_rest` one by one. */
const OWNED = ['registration', 'history', 'callback', 'webhook', 'dead_letter', 'document', 'original_rest'];
export const DELETE = [
  ...OWNED.map((table) => `delete from ${table} where submission_id = any($1::uuid[])`),
  `delete from submission where id = any($1::uuid[])`,
];

export const KEPT_KEYS = `
select count(*) as kept from submission s join archived_key k on k.key = ${KEY} and k.submission_id = s.id
where s.id = any($1::uuid[])`;

export const KEEP_FILE = `
insert into archive_file (path, kind, client_id, day, first_id, last_id, rows, completed, failed, bytes, digest, format)
select $1, $2, $3::uuid, $4::date, $5::uuid, $6::uuid, count(*), count(*) filter (where s.status = 'COMPLETED'),
  count(*) filter (where s.status = 'FAILED'), $8, decode($9, 'hex'), $10
from submission s where s.id = any($7::uuid[])`;

/** $1: rows, $2: bytes. */
export const COUNT_FILE = `update archive set files = files + 1, rows = rows + $1, bytes = bytes + $2`;

/** The files a submission may be in. */
export const FILES_OF_ID = {
  name: 'archive-files-of-id',
  text: `select path, first_id::text as "firstId", last_id::text as "lastId", bytes from archive_file
    where client_id = $1::uuid and kind = $2 and day = $3::date and first_id <= $4::uuid and last_id >= $4::uuid`,
};

/** $3, $4: days; $5: with ids below; $6: with ids from; $7: with COMPLETED ones, $8: with FAILED ones; newest first. */
export const FILES_OF_LIST = `
select path, first_id::text as "firstId", last_id::text as "lastId", bytes
from archive_file
where client_id = $1::uuid and kind = $2 and day >= $3::date and day <= $4::date
  and first_id < $5::uuid and last_id >= $6::uuid
  and (case when $7 then completed else 0 end + case when $8 then failed else 0 end) > 0
order by day desc, last_id desc limit $9`;

/** Which submission a key belonged to. */
export const ARCHIVED_KEY = {
  name: 'archived-key',
  text: `select submission_id as id from archived_key where key = archive_key($1::uuid, $2, $3)`,
};

export const GAUGES = `
select files, rows, bytes, days, trouble is not null as troubled,
  (extract(epoch from clock_timestamp() - coalesce(succeeded_at, since)) * 1000)::float8 as "sinceSuccessMs"
from archive`;

/** The one whose update finds it due has to run it: after midnight (UTC), and 10 minutes after a try that failed. */
export const TAKE_IF_DUE = `
update archive set tried_at = clock_timestamp()
where (succeeded_at is null or succeeded_at < date_trunc('day', now() at time zone 'UTC') at time zone 'UTC')
  and (tried_at is null or tried_at < clock_timestamp() - interval '10 min')
returning one`;

export const PARTITIONS = `
select inhrelid::regclass::text as name from pg_inherits where inhparent = 'original'::regclass order by 1`;
export const STAYED_BEHIND = 'select from original_rest where submission_id < $1::uuid limit 1';
export const SUCCEEDED = 'update archive set succeeded_at = clock_timestamp(), trouble = $1';
