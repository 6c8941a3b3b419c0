import { spawn } from 'node:child_process';
import { once } from 'node:events';
import { fileURLToPath } from 'node:url';
import { freePort } from '@countersign/devservices';
import { migrate, openStore } from '@countersign/store';
import { testDatabase, testRedis, until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { ADMIN_KEY, call, transaction } from './stage.ts';

const MAIN = fileURLToPath(new URL('../src/main.ts', import.meta.url));
const started: ReturnType<typeof start>[] = [];

/** A start takes a second where nothing else runs. How long it takes on a busy machine is nothing to be claimed. */
const UP_WITHIN_MS = 40_000;
const TIMEOUT = { timeout: 60_000 };

function start(env: Record<string, string>) {
  const child = spawn(process.execPath, [MAIN], {
    env: { PATH: process.env['PATH'], ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  const seen = { out: '', err: '' };
  child.stdout.setEncoding('utf8').on('data', (text: string) => (seen.out += text));
  child.stderr.setEncoding('utf8').on('data', (text: string) => (seen.err += text));
  return { child, seen, exited: once(child, 'exit') };
}

function run(env: Record<string, string>) {
  const running = start(env);
  started.push(running);
  return running;
}

afterEach(async () => {
  for (const { child, exited } of started.splice(0)) {
    if (child.exitCode === null && child.signalCode === null) {
      child.kill('SIGKILL');
      await exited;
    }
  }
});

test('exit 78: every wrong or missing variable is named, secrets are not shown', async () => {
  const { exited, seen } = run({
    PORT: '99999999',
    ADMIN_API_KEY: 'too-short',
    CORS_ORIGINS: 'https://a.example/path',
    OIDC_ISSUER: 'https://id.example',
  });
  const [code] = await exited;
  expect(code).toBe(78);
  for (const variable of ['PORT', 'ADMIN_API_KEY', 'CORS_ORIGINS', 'DATABASE_URL', 'REDIS_URL'])
    expect(seen.err).toContain(variable);
  expect(seen.err).not.toContain('too-short');
});

test(
  'it starts without its stores, and is ready when they are; SIGTERM finishes what was begun and exits 0',
  TIMEOUT,
  async () => {
    const [database, redis, port] = [await testDatabase({ migrate }), await testRedis(), await freePort()];
    const url = `http://127.0.0.1:${port}`;
    const { child, exited, seen } = run({
      DATABASE_URL: database.url,
      REDIS_URL: redis.url,
      PORT: String(port),
      ADMIN_API_KEY: ADMIN_KEY,
      CALLBACK_ALLOW_PRIVATE: 'true',
    });
    await until(async () => (await call(url, '/health/ready', {})).status === 200, {
      timeoutMs: UP_WITHIN_MS,
      label: () => `the door to be ready: ${seen.err}`,
    });
    // The door of a machine that stands still is overloaded, and a store that it cannot connect to within a second is away: 503
    // says that nothing was done.
    const unshed = async (...[path, how]: [path: string, how: Parameters<typeof call>[2]]) =>
      await until(async () => {
        const answer = await call(url, path, how);
        return answer.status !== 503 && answer;
      });
    const client = (await unshed('/v1/clients', { key: ADMIN_KEY, json: { name: 'c' } })).json;
    const scopes = ['read', 'write'];
    const { key } = (await unshed(`/v1/clients/${client.id}/keys`, { key: ADMIN_KEY, json: { scopes } })).json;
    const body = transaction();
    expect((await unshed('/v1/transactions', { key, json: body })).status).toBe(202);

    const held = unshed(`/v1/transactions/${body.id}`, { key, headers: { prefer: 'wait=3' } });
    const posts = Promise.allSettled(
      Array.from({ length: 50 }, async () => await call(url, '/v1/transactions', { key, json: transaction() })),
    );
    await until(async () => (await call(url, '/metrics', {})).text.includes('countersign_submissions_accepted_total'));
    child.kill('SIGTERM');
    // Those that came too late found the door closed; whoever was answered was answered 202, or told that nothing was accepted.
    const answers = (await posts).flatMap((each) => (each.status === 'fulfilled' ? [each.value.status] : []));
    const accepted = answers.filter((status) => status !== 503);
    expect(new Set(accepted)).toEqual(new Set([202]));
    expect((await held).status).toBe(200);
    expect(await exited).toEqual([0, null]);
    const store = openStore({ databaseUrl: database.url, applicationName: 'look' });
    const found = await store.submissions.list({ clientId: client.id, kind: 'transaction', limit: 100 });
    expect(found.items.length).toBeGreaterThan(accepted.length);
    await store.close();
    expect(seen.out).not.toContain(key);
    await database.drop();
  },
);

test('PostgreSQL and Redis away at the start: live, not ready, 503 at once', TIMEOUT, async () => {
  const port = await freePort();
  const url = `http://127.0.0.1:${port}`;
  run({
    DATABASE_URL: 'postgres://127.0.0.1:1/none',
    REDIS_URL: 'redis://127.0.0.1:1',
    PORT: String(port),
    ADMIN_API_KEY: ADMIN_KEY,
    LOG_LEVEL: 'silent',
  });
  await until(async () => (await call(url, '/health/live', {})).status === 200, {
    timeoutMs: UP_WITHIN_MS,
    label: 'live',
  });
  const ready = await call(url, '/health/ready', {});
  expect(ready.status).toBe(503);
  expect(ready.json).toMatchObject({
    status: 'not ready',
    dependencies: { postgres: { status: 'down' }, redis: { status: 'down' } },
  });
  expect((await call(url, '/v1/clients', { key: ADMIN_KEY })).status).toBe(503);
  expect((await call(url, '/v1/transactions', { key: 'x', json: {} })).status).toBe(503);
});
