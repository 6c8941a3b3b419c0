import { performance } from 'node:perf_hooks';
import type { Lease, Leases } from './leases.ts';
import type { Line, Statement } from './line.ts';
import { NOW } from './sql.ts';

/** An owner that asks again (its first answer was lost) gets it, under the next token. */
const TAKE: Statement = {
  name: 'lease-take',
  text: `
with ${NOW}
insert into lease as l (name, owner, token, locked_at, lock_expiry)
select $1::text, $2::uuid, 1, now, now + $3::float8 * interval '1 ms' from t
on conflict (name) do update set owner = excluded.owner, token = l.token + 1, locked_at = excluded.locked_at,
  lock_expiry = excluded.lock_expiry
where l.lock_expiry <= excluded.locked_at or l.owner = excluded.owner
returning token`,
};

const RENEW: Statement = {
  name: 'lease-renew',
  text: `
with ${NOW}
update lease l set locked_at = t.now, lock_expiry = t.now + $4::float8 * interval '1 ms' from t
where l.name = $1::text and l.owner = $2::uuid and l.token = $3::bigint and l.lock_expiry > t.now
returning l.token`,
};

const RELEASE: Statement = {
  name: 'lease-release',
  text: `
update lease set lock_expiry = least(lock_expiry, date_trunc('milliseconds', clock_timestamp()))
where name = $1::text and owner = $2::uuid and token = $3::bigint`,
};

const HELD: Statement = {
  name: 'lease-held',
  text: `select count(*) as held from lease where starts_with(name, $1::text) and lock_expiry > clock_timestamp()`,
};

export function openLeases(hot: Line): Leases {
  return {
    take: async (name, owner, leaseMs) => {
      const askedMs = performance.now();
      const [row] = await hot.rows<{ token: number }>(TAKE, [name, owner, leaseMs]);
      return row && { name, owner, token: row.token, endsAtMs: askedMs + leaseMs };
    },
    renew: async (lease: Lease, leaseMs) => {
      const askedMs = performance.now();
      const rows = await hot.rows(RENEW, [lease.name, lease.owner, lease.token, leaseMs]);
      return rows.length === 1 ? { ...lease, endsAtMs: askedMs + leaseMs } : undefined;
    },
    release: async ({ name, owner, token }) => {
      await hot.rows(RELEASE, [name, owner, token]);
    },
    held: async (prefix) => (await hot.rows<{ held: number }>(HELD, [prefix]))[0]?.held ?? 0,
  };
}
