import { fork } from 'node:child_process';
import { once } from 'node:events';
import { existsSync } from 'node:fs';
import { chmod, mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { Redis } from 'ioredis';
import { Client } from 'pg';
import { afterAll, afterEach, beforeAll, beforeEach, expect, test } from 'vitest';
import { goneWithin, isAlive, startPostgres, startRedis } from './index.ts';

let folder: string;
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'countersign-services-'));
  // As root, PostgreSQL runs as `nobody`; what it cannot reach would be put elsewhere, and left there.
  await chmod(folder, 0o755);
});
afterEach(() => rm(folder, { recursive: true, force: true, maxRetries: 5 }));

/** Made once, which takes most of the time: what the tests show begins with a server on it. */
let cluster: string;
beforeAll(async () => {
  cluster = await mkdtemp(join(tmpdir(), 'countersign-cluster-'));
  await chmod(cluster, 0o755);
  const made = await startPostgres({ dataDir: join(cluster, 'postgres') });
  await made.stop();
});
afterAll(() => rm(cluster, { recursive: true, force: true, maxRetries: 5 }));

test('PostgreSQL killed by -9 comes back on the same port with every committed row', async () => {
  const dataDir = join(cluster, 'postgres');
  const first = await startPostgres({ dataDir });
  await query(first.url, 'create table kept (n int)');
  await query(first.url, 'insert into kept select generate_series(1, 100)');
  await first.kill9();
  const second = await startPostgres({ dataDir, port: first.port });
  expect(second.url).toBe(first.url);
  expect(await query(second.url, 'select count(*)::int as n from kept')).toEqual([{ n: 100 }]);
  await second.stop();
});

test('PostgreSQL left over on the data is stopped, not run twice', async () => {
  const dataDir = join(cluster, 'postgres');
  const first = await startPostgres({ dataDir });
  const second = await startPostgres({ dataDir });
  expect(isAlive(first.pid)).toBe(false);
  expect(await query(second.url, 'show fsync')).toEqual([{ fsync: 'on' }]);
  await second.stop();
});

test('Redis killed by -9 comes back with every acknowledged write, and evicts nothing', async () => {
  const dataDir = join(folder, 'redis');
  const first = await startRedis({ dataDir });
  const before = new Redis(first.url);
  before.on('error', () => undefined);
  await before.set('kept', 'yes');
  before.disconnect();
  await first.kill9();
  const second = await startRedis({ dataDir, port: first.port });
  const after = new Redis(second.url);
  expect(await after.get('kept')).toBe('yes');
  expect(await after.config('GET', 'maxmemory-policy')).toEqual(['maxmemory-policy', 'noeviction']);
  after.disconnect();
  await second.stop();
});

test('kill -9 of the parent stops what it had started and deletes throw-away data', async () => {
  const parent = fork(fileURLToPath(new URL('../test/parent.ts', import.meta.url)), { execArgv: [] });
  // What test/parent.ts sends, and nothing else does.
  const [started] = (await once(parent, 'message')) as [{ pids: number[]; dataDir: string }];
  expect(started.pids.map(isAlive)).toEqual([true, true]);
  parent.kill('SIGKILL');
  for (const pid of started.pids) expect(await goneWithin(pid, 10_000)).toBe(true);
  await expect.poll(() => existsSync(started.dataDir), { timeout: 10_000 }).toBe(false);
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
