import { Client } from 'pg';
import type { Fault } from '../fault.ts';

/** pg_terminate_backend for every session: what a failover, a proxy or an operator does to pools. */
export const fault: Fault = {
  name: 'end-backends',
  targets: () => ['postgres'],
  touches: () => ['postgres'],
  bounds: () => ({ acceptMs: 5_000, lifeMs: 15_000 }),
  holdMs: [0, 0],
  async inject({ databaseUrl }) {
    const client = new Client({ connectionString: databaseUrl });
    client.on('error', () => undefined);
    await client.connect();
    const { rowCount } = await client.query(
      'select pg_terminate_backend(pid) from pg_stat_activity where datname = current_database() and pid <> pg_backend_pid()',
    );
    await client.end();
    return { note: `${rowCount ?? 0} sessions`, heal: () => undefined };
  },
};
