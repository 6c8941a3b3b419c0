import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { migrate, openStore, type Store } from '../src/index.ts';
import { draft } from './shelf.ts';

async function rejection(work: Promise<unknown>): Promise<{ name: string; afterMs: number }> {
  const startedMs = performance.now();
  const name = await work.then(
    () => 'nothing',
    (error: Error) => error.name,
  );
  return { name, afterMs: performance.now() - startedMs };
}

async function firstAccept(store: Store, clientId: string): Promise<number> {
  const startedMs = performance.now();
  await until(() => store.intake.accept(draft(clientId)), { timeoutMs: 5_000, label: 'the first accept' });
  return performance.now() - startedMs;
}

test('PostgreSQL killed: StoreAway within 1.5 s, at once from then on, and back within 2 s of its return', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'store-away-'));
  const first = await startPostgres({ dataDir });
  await migrate(first.url);
  const events: string[] = [];
  const store = openStore({
    databaseUrl: first.url,
    applicationName: 'away',
    onAway: () => events.push('away'),
    onBack: () => events.push('back'),
  });
  const { client } = await store.clients.create({ name: 'c' });
  const kept = draft(client.id);
  await store.intake.accept(kept);
  const burst = Array.from({ length: 300 }, () => rejection(store.intake.accept(draft(client.id))));
  await first.kill9();
  const hit = await Promise.all([...burst, rejection(store.intake.accept(draft(client.id)))]);
  expect(hit.map(({ name }) => name).filter((name) => name !== 'nothing' && name !== 'StoreAway')).toEqual([]);
  expect(Math.max(...hit.map(({ afterMs }) => afterMs))).toBeLessThan(1_500);
  // Its backends live on for some milliseconds.
  const last = await until(async () => {
    const one = await rejection(store.cellar.load(kept.id));
    return one.name === 'StoreAway' && one;
  });
  expect(last.afterMs).toBeLessThan(1_500);
  const many = await Promise.all(Array.from({ length: 1_000 }, () => rejection(store.cellar.load(kept.id))));
  expect(new Set(many.map(({ name }) => name))).toEqual(new Set(['StoreAway']));
  expect(Math.max(...many.map(({ afterMs }) => afterMs))).toBeLessThan(500);
  await expect(store.ping()).rejects.toMatchObject({ name: 'StoreAway', code: 'STORE_AWAY' });
  const second = await startPostgres({ dataDir, port: first.port });
  expect(await firstAccept(store, client.id)).toBeLessThan(2_000);
  expect(await store.cellar.load(kept.id)).toMatchObject({ id: kept.id });
  expect(events).toEqual(['away', 'back']);
  await store.close();
  await second.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('PostgreSQL frozen: StoreAway when the time-out is over, at once from then on, back when it thaws', async () => {
  const server = await startPostgres({ throwaway: true });
  await migrate(server.url);
  const store = openStore({ databaseUrl: server.url, applicationName: 'frozen' });
  const { client } = await store.clients.create({ name: 'c' });
  await Promise.all(Array.from({ length: 50 }, () => store.intake.accept(draft(client.id))));
  const backends = await backendsOf(server.url);
  for (const pid of [server.pid, ...backends]) process.kill(pid, 'SIGSTOP');
  try {
    const frozen = await Promise.all([1, 2, 3].map(() => rejection(store.intake.accept(draft(client.id)))));
    expect(frozen.map(({ name }) => name)).toEqual(['StoreAway', 'StoreAway', 'StoreAway']);
    expect(Math.max(...frozen.map(({ afterMs }) => afterMs))).toBeLessThan(4_500);
    const next = await rejection(store.intake.accept(draft(client.id)));
    expect(next.name).toBe('StoreAway');
    expect(next.afterMs).toBeLessThan(100);
  } finally {
    for (const pid of [...backends, server.pid]) process.kill(pid, 'SIGCONT');
  }
  expect(await firstAccept(store, client.id)).toBeLessThan(3_000);
  await store.close();
  await server.stop();
});

async function backendsOf(url: string): Promise<number[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  const { rows } = await client.query<{ pid: number }>(
    `select pid from pg_stat_activity where application_name = 'frozen'`,
  );
  await client.end();
  return rows.map(({ pid }) => pid);
}

test('a backend terminated in each round of load: no caller notices', async () => {
  const server = await startPostgres({ throwaway: true });
  await migrate(server.url);
  const store = openStore({ databaseUrl: server.url, applicationName: 'frozen' });
  const { client } = await store.clients.create({ name: 'c' });
  const plain = new Client({ connectionString: server.url });
  await plain.connect();
  /** Gone when this resolves, for which it has a minute: the next round is not hit by this one's death. */
  const killOne = async (): Promise<number> => {
    const { rows } = await plain.query<{ gone: boolean }>(
      `select pg_terminate_backend(pid, 60000) as gone from (select pid from pg_stat_activity
       where application_name = 'frozen' order by random() limit 1) as one`,
    );
    return rows.filter(({ gone }) => gone).length;
  };
  const answers: string[] = [];
  let killed = 0;
  for (let round = 0; round < 200; round += 1) {
    const death = killOne();
    const accepting = Array.from({ length: 20 }, () =>
      store.intake.accept(draft(client.id)).then(
        ({ type }) => type,
        (error: Error) => error.name,
      ),
    );
    answers.push(...(await Promise.all(accepting)));
    killed += await death;
  }
  const { rows } = await plain.query<{ count: number }>('select count(*)::int as count from submission');
  expect(rows[0]?.count).toBe(answers.length);
  expect(new Set(answers)).toEqual(new Set(['created']));
  // Else there was nothing to notice.
  expect(killed).toBeGreaterThan(100);
  await plain.end();
  await store.close();
  await server.stop();
});
