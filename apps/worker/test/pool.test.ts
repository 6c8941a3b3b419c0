import { spawn } from 'node:child_process';
import { randomUUID } from 'node:crypto';
import { done, type Ticket } from '@countersign/flow';
import { createLog } from '@countersign/process';
import type { Context } from '@countersign/queue';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { createPool, defaultProcesses, wardFor, type Pool, type PoolOptions } from '../src/sandbox-pool/pool.ts';

const log = createLog({ level: 'silent', name: 'test' });
const open: Pool[] = [];
afterEach(() => {
  for (const pool of open.splice(0)) pool.close();
});

function toyPool(options: Partial<PoolOptions> = {}): Pool {
  const pool = createPool({
    file: new URL('./toy-sandbox.ts', import.meta.url),
    env: process.env,
    processes: 1,
    log,
    ...options,
  });
  pool.senders(['the only one']);
  open.push(pool);
  return pool;
}

const ticket = (kind: string): Ticket => ({ v: 1, step: 'record', id: randomUUID(), kind });
const context = (deaths = 0, signal = new AbortController().signal): Context => ({
  holder: 'job',
  attempt: deaths + 1,
  deaths,
  signal,
});

/** As BullMQ does it: up to five attempts, deaths remembered. */
async function attempts(pool: Pool, kind: string): Promise<number> {
  for (let deaths = 0; deaths < 5; deaths += 1) {
    try {
      await pool.run(ticket(kind), context(deaths));
      return deaths;
    } catch (error) {
      expect(error).toMatchObject({
        code: 'SANDBOX_DIED',
        message: expect.stringContaining(`SANDBOX_DIED ${deaths + 1}:`),
      });
    }
  }
  return 5;
}

test('many slow jobs share one process', async () => {
  const pool = toyPool();
  await pool.run(ticket('quick'), context());
  const startedMs = performance.now();
  await Promise.all(Array.from({ length: 1_000 }, () => pool.run(ticket('slow'), context())));
  expect(performance.now() - startedMs).toBeLessThan(2_000);
  expect(pool.counts().shared).toMatchObject({ processes: 1, died: 0 });
});

test("a light client's job is done while the shared sandbox lets nobody in", async () => {
  const pool = toyPool();
  expect(pool.counts().first.processes).toBe(0);
  await pool.run({ ...ticket('quick'), first: true }, context());
  await until(() => pool.counts().first.ready === 1);
  const stuck = expect(pool.run(ticket('loop'), context())).rejects.toMatchObject({ code: 'SANDBOX_DIED' });
  for (let n = 0; n < 10; n += 1) await pool.run({ ...ticket('quick'), first: true }, context());
  expect(pool.counts()).toMatchObject({ shared: { running: 1, died: 0 }, first: { running: 0 } });
  for (const pid of pool.pids().shared) process.kill(pid, 'SIGKILL');
  await stuck;
});

test.each([
  ['a light one has its own sandbox', true, 0, { first: 0, shared: 900 }, 'first'],
  ['a heavy one never takes its places', undefined, 0, { first: 0, shared: 900 }, 'shared'],
  ['many light ones together have all of them', true, 0, { first: 64, shared: 10 }, 'shared'],
  ['but stay where fewer are', true, 0, { first: 64, shared: 900 }, 'first'],
  ['not up yet', true, 0, { first: Infinity, shared: 900 }, 'shared'],
  ['none is up', true, 0, { first: Infinity, shared: Infinity }, 'shared'],
  ['a suspect is one whoever its client is', true, 1, { first: 0, shared: 0 }, 'small'],
  ['and runs alone in the end', true, 2, { first: 0, shared: 0 }, 'alone'],
] as const)('%s', (_, first, deaths, load, ward) => {
  expect(wardFor(first ? { first } : {}, deaths, load)).toBe(ward);
});

test('an outcome and an error cross the wall unchanged', async () => {
  const pool = toyPool();
  expect(await pool.run(ticket('quick'), context())).toEqual(done());
  await expect(pool.run(ticket('broken'), context())).rejects.toMatchObject({
    name: 'TerminalError',
    code: 'BROKEN',
    message: 'no such plan',
  });
});

test('PostgreSQL away is still that on the other side of the wall: it must not cost the job an attempt', async () => {
  await expect(toyPool().run(ticket('away'), context())).rejects.toMatchObject({
    name: 'StoreAway',
    code: 'STORE_AWAY',
  });
});

test('kill -9 of a sandbox: its jobs fail this attempt, another takes over at once', async () => {
  const pool = toyPool();
  await pool.run(ticket('quick'), context());
  const cut = pool.run(ticket('silent'), context());
  const seen = expect(cut).rejects.toMatchObject({ code: 'SANDBOX_DIED' });
  await until(() => pool.counts().shared.running === 1);
  process.kill(pool.pids().shared[0] ?? 0, 'SIGKILL');
  await seen;
  expect(await pool.run(ticket('slow'), context(1))).toEqual(done());
  expect(await pool.run(ticket('quick'), context())).toEqual(done());
});

test(
  'a poisoned job ends after five deaths; a hundred innocents beside it all finish',
  { timeout: 60_000 },
  async () => {
    const pool = toyPool();
    await pool.run(ticket('quick'), context());
    const innocents = Array.from({ length: 100 }, () => attempts(pool, 'slow'));
    expect(await attempts(pool, 'poison')).toBe(5);
    const deaths = await Promise.all(innocents);
    expect(Math.max(...deaths)).toBeLessThanOrEqual(2);
    const { shared, small, alone } = pool.counts();
    expect(shared.died + small.died + alone.died).toBeLessThanOrEqual(5);
    expect(await pool.run(ticket('quick'), context())).toEqual(done());
  },
);

test('a busy loop is killed, and its process replaced', { timeout: 20_000 }, async () => {
  const pool = toyPool();
  await pool.run(ticket('quick'), context());
  const startedMs = performance.now();
  await expect(pool.run(ticket('loop'), context())).rejects.toMatchObject({ code: 'SANDBOX_DIED' });
  expect(performance.now() - startedMs).toBeLessThan(9_000);
  expect(await pool.run(ticket('quick'), context())).toEqual(done());
});

test('a sandbox that grows too large is replaced without failing a job', { timeout: 30_000 }, async () => {
  const pool = toyPool({ maxRssBytes: 250 * 1024 * 1024 });
  await pool.run(ticket('quick'), context());
  const [first] = pool.pids().shared;
  for (let n = 0; n < 4; n += 1) await pool.run(ticket('leak'), context());
  await until(() => !pool.pids().shared.includes(first ?? 0), { timeoutMs: 15_000 });
  expect(await pool.run(ticket('quick'), context())).toEqual(done());
  expect(pool.counts().shared.died).toBe(0);
});

test('a sandbox that cannot start is tried again at growing distances, and work waits for it', async () => {
  const pool = toyPool({ file: new URL('./no-such-file.ts', import.meta.url) });
  const aborting = new AbortController();
  const waits = pool.run(ticket('quick'), context(0, aborting.signal));
  await until(() => pool.counts().shared.died >= 2);
  expect(pool.counts().shared).toMatchObject({ ready: 0, waiting: 1 });
  aborting.abort();
  await expect(waits).rejects.toThrow('taken from this worker');
});

test('half the cores, at least one, at most four', () => {
  expect([1, 2, 4, 6, 64].map((cores) => defaultProcesses(cores))).toEqual([1, 1, 2, 3, 4]);
});

/** Sixteen slow jobs and a quick one behind them: did all work at once? */
async function allWorkAtOnce(pool: Pool): Promise<boolean> {
  const ended: string[] = [];
  const run = async (kind: string): Promise<void> => {
    await pool.run(ticket(kind), context());
    ended.push(kind);
  };
  await Promise.all([...Array.from({ length: 16 }, () => run('slow')), run('quick')]);
  return ended.indexOf('quick') === 0;
}

test('whose client is alone works at once; beside others sixteen do, in a sandbox that came up later too', async () => {
  const pool = toyPool();
  expect(await allWorkAtOnce(pool)).toBe(true);
  pool.senders(['one', 'another']);
  expect(await allWorkAtOnce(pool)).toBe(false);
  pool.senders(['one']);
  expect(await allWorkAtOnce(pool)).toBe(true);
  const [pid = 0] = pool.pids().shared;
  process.kill(pid, 'SIGKILL');
  await until(() => !pool.pids().shared.includes(pid) && pool.counts().shared.ready === 1);
  expect(await allWorkAtOnce(pool)).toBe(true);
});

test('a sandbox whose worker is killed while it starts ends as well', async () => {
  const file = new URL('./toy-sandbox.ts', import.meta.url).pathname;
  const code = `const { pid } = require('node:child_process').fork(${JSON.stringify(file)}, { stdio: ['ignore', 'ignore', 'ignore', 'ipc'] });
    require('node:fs').writeSync(1, String(pid)); process.kill(process.pid, 'SIGKILL');`;
  const env = { ...process.env, TOY_STARTS_SLOWLY: 'yes' };
  const worker = spawn(process.execPath, ['--eval', code], { env, stdio: ['ignore', 'pipe', 'ignore'] });
  let said = '';
  worker.stdout.on('data', (bytes) => (said += String(bytes)));
  await new Promise((closed) => worker.once('close', closed));
  expect(Number(said)).toBeGreaterThan(0);
  await until(() => isGone(Number(said)), { label: 'the sandbox to be gone' });
});

function isGone(pid: number): boolean {
  try {
    return !process.kill(pid, 0);
  } catch {
    return true;
  }
}
