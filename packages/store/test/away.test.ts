import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { setImmediate as nextTurn } from 'node:timers/promises';
import { startPostgres } from '@countersign/devservices';
import { testDatabase, until } from '@countersign/testkit';
import { Client } from 'pg';
import { afterAll, expect, test } from 'vitest';
import { migrate, newId, openStore, type Store } from '../src/index.ts';
import { draft } from './shelf.ts';

const TICK_MS = 10;

/**
 * Time as it passes for this process while it runs: where it stood still, or was not given the machine, a tick counts as
 * two at most. So what is said of the product's own patience does not depend on who else is at work here.
 */
function runningClock(): { nowMs: () => number; stop: () => void } {
  let ranMs = 0;
  let tickedMs = performance.now();
  const sinceTickMs = (): number => Math.min(performance.now() - tickedMs, 2 * TICK_MS);
  const timer = setInterval(() => {
    ranMs += sinceTickMs();
    tickedMs = performance.now();
  }, TICK_MS);
  return { nowMs: () => ranMs + sinceTickMs(), stop: () => clearInterval(timer) };
}

const clock = runningClock();
afterAll(() => clock.stop());

async function rejection(work: Promise<unknown>): Promise<{ name: string; afterMs: number }> {
  const startedMs = clock.nowMs();
  const name = await work.then(
    () => 'nothing',
    (error: Error) => error.name,
  );
  return { name, afterMs: clock.nowMs() - startedMs };
}

/** What becomes of it within a few turns of the event loop: too few for anything to be asked of anybody. */
async function atOnce(work: Promise<unknown>): Promise<string> {
  let name = 'not at once';
  void rejection(work).then((found) => (name = found.name));
  for (let turn = 0; turn < 5; turn += 1) await nextTurn();
  return name;
}

async function firstAccept(store: Store, clientId: string): Promise<number> {
  const startedMs = clock.nowMs();
  await until(() => store.intake.accept(draft(clientId)), { label: 'the first accept' });
  return clock.nowMs() - startedMs;
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
  const many = await Promise.all(Array.from({ length: 1_000 }, () => atOnce(store.cellar.load(newId()))));
  expect(new Set(many)).toEqual(new Set(['StoreAway']));
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
    expect(await atOnce(store.intake.accept(draft(client.id)))).toBe('StoreAway');
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

test('a process that stood still while it connected: no caller notices', async () => {
  const database = await testDatabase({ migrate });
  const away: string[] = [];
  const store = openStore({ databaseUrl: database.url, applicationName: 'still', onAway: (why) => away.push(why) });
  const ready = store.ping();
  await nextTurn();
  // Longer than a connection may take: what the server says meanwhile is read after our own time-out is over.
  Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0, 1_500);
  await ready;
  expect(away).toEqual([]);
  await store.close();
  await database.drop();
});

const DEATHS = 100;

test('backends terminated one after the other under load: no caller notices', async () => {
  const server = await startPostgres({ throwaway: true });
  await migrate(server.url);
  const store = openStore({ databaseUrl: server.url, applicationName: 'frozen' });
  const { client } = await store.clients.create({ name: 'c' });
  const plain = new Client({ connectionString: server.url });
  await plain.connect();
  /** Gone when this resolves: the next round is not hit by this one's death. */
  const killOne = async (): Promise<boolean> => {
    const { rows } = await plain.query<{ pid: number }>(
      `select pid from (select pid from pg_stat_activity where application_name = 'frozen' order by random() limit 1) as one
       where pg_terminate_backend(pid)`,
    );
    const [one] = rows;
    if (!one) return false;
    // Asked by ourselves: PostgreSQL's own wait for it looks every 100 ms only, which was nearly all the time of this test.
    const living = 'select from pg_stat_activity where pid = $1';
    await until(async () => (await plain.query(living, [one.pid])).rowCount === 0, { everyMs: 1, label: 'its end' });
    return true;
  };
  const answers: string[] = [];
  for (let killed = 0; killed < DEATHS;) {
    const death = killOne();
    const accepting = Array.from({ length: 20 }, () =>
      store.intake.accept(draft(client.id)).then(
        ({ type }) => type,
        (error: Error) => error.name,
      ),
    );
    answers.push(...(await Promise.all(accepting)));
    // A round in which none was connected yet counts for nothing: there was nothing to notice.
    if (await death) killed += 1;
  }
  const { rows } = await plain.query<{ count: number }>('select count(*)::int as count from submission');
  expect(rows[0]?.count).toBe(answers.length);
  expect(new Set(answers)).toEqual(new Set(['created']));
  await plain.end();
  await store.close();
  await server.stop();
});
