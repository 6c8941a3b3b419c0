import { createHash } from 'node:crypto';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { Breaker } from '../src/breaker.ts';
import { Line } from '../src/line.ts';
import { openClients } from '../src/open-clients.ts';
import { createSealer } from '../src/seal.ts';
import { shelf } from './shelf.ts';

const here = shelf();
const MANY = 12_000;
const noop = (): void => undefined;
const keyOf = (n: number): string => `cs_key-${n}`;

test(`${MANY.toLocaleString('en')} clients' keys: each is asked once, then none, and one that is revoked elsewhere is refused`, async () => {
  await here.query(
    `with made as (
       insert into client (id, name, webhook_secrets)
       select gen_random_uuid(), 'client ' || n, '[]' from generate_series(1, $1::integer) n returning id, name
     )
     insert into client_key (id, client_id, hash, scopes)
     select gen_random_uuid(), id, sha256(convert_to('cs_key-' || substring(name from 8), 'UTF8')), '{read,write}' from made`,
    [MANY],
  );
  let nowMs = 1_000_000;
  // Another process: connections and a ring of its own, which only hears what PostgreSQL says.
  const config = { connectionString: here.url };
  const breaker = new Breaker(config, noop, noop);
  const line = new Line({ config, connections: 4, breaker });
  const other = openClients(line, line, createSealer([]), () => nowMs);
  const locker = new Client({ connectionString: here.url });
  await locker.connect();
  try {
    const all = async () => {
      const found: (string | undefined)[] = [];
      for (let from = 1; from <= MANY; from += 500) {
        const some = Array.from({ length: 500 }, (_, at) => other.bearerOf(keyOf(from + at)));
        found.push(...(await Promise.all(some)).map((bearer) => bearer?.client.name));
      }
      return found;
    };
    const names = Array.from({ length: MANY }, (_, at) => `client ${at + 1}`);
    expect(await all()).toEqual(names);
    // Whoever asks for a key now waits for ever: nobody does, however much later it is.
    await locker.query('begin');
    await locker.query('lock table client_key in access exclusive mode');
    for (let minute = 0; minute < 3; minute += 1) {
      nowMs += 60_000;
      expect(await all()).toEqual(names);
    }
    await locker.query('rollback');
    const [row] = await here.query<{ id: string; client_id: string }>(
      'select id, client_id from client_key where hash = $1',
      [createHash('sha256').update(keyOf(7)).digest()],
    );
    expect(await here.store.clients.revokeKey(row?.client_id ?? '', row?.id ?? '')).toBe(true);
    nowMs += 3_001;
    expect(await other.bearerOf(keyOf(7))).toBeUndefined();
    // By hand in SQL, too; and limits that were changed.
    await here.query('delete from client_key where hash = $1', [createHash('sha256').update(keyOf(8)).digest()]);
    const nine = await other.bearerOf(keyOf(9));
    await here.store.clients.update(nine?.client.id ?? '', { limits: { ratePerSecond: 7 } });
    nowMs += 3_001;
    expect(await other.bearerOf(keyOf(8))).toBeUndefined();
    expect((await other.bearerOf(keyOf(9)))?.client.limits).toEqual({ ratePerSecond: 7 });
    expect((await other.bearerOf(keyOf(10)))?.client.name).toBe('client 10');
  } finally {
    await locker.end();
    breaker.close();
    await line.close();
  }
});
