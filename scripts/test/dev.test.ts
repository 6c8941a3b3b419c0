import { appendFileSync, existsSync, readFileSync, statSync, symlinkSync } from 'node:fs';
import { join } from 'node:path';
import { freePort, isAlive } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { descendants, makeCopy, startDev } from './dev-copy.ts';
import type { Dev } from './dev-copy.ts';

const UP = { timeoutMs: 40_000, label: 'the ready line' };
const running: Dev[] = [];
const copies: { root: string; remove: () => void }[] = [];

afterEach(async () => {
  for (const dev of running.splice(0)) {
    dev.child.kill('SIGTERM');
    await dev.ended;
  }
  for (const copy of copies.splice(0)) copy.remove();
});

function copy(): string {
  const made = makeCopy();
  copies.push(made);
  return made.root;
}

async function start(root: string, env: NodeJS.ProcessEnv = {}): Promise<Dev> {
  const dev = startDev(root, { PORT: String(await freePort()), ...env });
  running.push(dev);
  return dev;
}

async function json(url: string): Promise<Record<string, unknown>> {
  return (await fetch(url)).json() as Promise<Record<string, unknown>>;
}

test('Ctrl-C ends every process it started, and a second start finds keys and data', async () => {
  const root = copy();
  const first = await start(root);
  await until(first.url, UP);
  expect(first.output().match(/^ready /gm)).toHaveLength(1);
  expect(first.output()).toMatch(/PROVIDER_REGISTRY_URL":?.*http:\/\/127\.0\.0\.1:\d+\/registry/);
  const processes = await descendants(first.child.pid!);
  // api, worker, its sandbox, simulator, redis, postgres with its own, guardian
  expect(processes.length).toBeGreaterThanOrEqual(7);
  process.kill(-first.child.pid!, 'SIGINT'); // what a terminal does: the whole foreground group
  expect(await first.ended).toBe(0);
  await until(() => processes.every((pid) => !isAlive(pid)), { label: 'every process to end' });
  expect(existsSync(join(root, '.data/dev.pid'))).toBe(false);

  const second = await start(root);
  await until(second.url, UP);
  const adminKey = /admin key +(\S+)/;
  expect(adminKey.exec(second.output())?.[1]).toBe(adminKey.exec(first.output())?.[1]);
  const database = /PostgreSQL +(\S+)/;
  expect(database.exec(second.output())?.[1]).toBe(database.exec(first.output())?.[1]);
  expect(
    existsSync(join(root, '.data/postgres/PG_VERSION')) || existsSync(join(root, '.data/postgres/moved-to.txt')),
  ).toBe(true);
}, 90_000);

test('kill -9 of dev leaves nothing running', async () => {
  const dev = await start(copy());
  await until(dev.url, UP);
  const processes = await descendants(dev.child.pid!);
  dev.child.kill('SIGKILL');
  await until(() => processes.every((pid) => !isAlive(pid)), { timeoutMs: 15_000, label: 'every process to end' });
}, 60_000);

test('when npx is ended, dev notices and ends as well', async () => {
  const root = copy();
  // What counts is the name of the program; npx itself forwards no signal.
  const npx = join(root, 'npx');
  symlinkSync('/bin/sh', npx);
  const dev = startDev(root, { PORT: String(await freePort()) }, [
    npx,
    '-c',
    `${process.execPath} scripts/dev.mjs & wait`,
  ]);
  running.push(dev);
  await until(dev.url, UP);
  const processes = await descendants(dev.child.pid!);
  dev.child.kill('SIGTERM');
  await until(() => processes.every((pid) => !isAlive(pid)), { timeoutMs: 15_000, label: 'every process to end' });
}, 60_000);

test('a second dev in the same clone is told so; two clones run side by side', async () => {
  const [one, other] = [copy(), copy()];
  // PORT left out: both would like 3000.
  const [first, second] = await Promise.all([start(one, { PORT: '' }), start(other, { PORT: '' })]);
  await Promise.all([until(first.url, UP), until(second.url, UP)]);
  expect(first.url()).not.toBe(second.url());
  const third = await start(one);
  expect(await third.ended).toBe(1);
  expect(third.output()).toContain(`already runs in this folder (process ${first.child.pid})`);
  expect((await fetch(`${first.url()}/health/ready`)).status).toBe(200);
}, 90_000);

test('a child that dies is started again at once, and a change of its code starts it again', async () => {
  const root = copy();
  const dev = await start(root);
  const url = await until(dev.url, UP);
  const { pid: firstPid } = await json(`${url}/health/ready`);
  await fetch(`${url}/crash`).catch(() => undefined);
  const { pid: secondPid } = await until(() => json(`${url}/health/ready`), { label: 'the API to be back' });
  expect(secondPid).not.toBe(firstPid);
  // How long dev waits is its promise; how long Node then takes to start is the machine's affair.
  expect(dev.output()).toMatch(/^api +│ ended by SIGKILL; starts again in [24]00 ms$/m);
  appendFileSync(join(root, 'apps/api/src/main.ts'), '\n// changed\n');
  const changed = await until(async () => (await json(`${url}/health/ready`))['pid'] !== secondPid, {
    label: 'a new API',
  });
  expect(changed).toBe(true);
}, 60_000);

test('Redis and PostgreSQL that are given are used; SIMULATOR=off starts none; a taken PORT is said', async () => {
  const root = copy();
  const given = {
    REDIS_URL: process.env['TEST_REDIS_URL'],
    DATABASE_URL: process.env['TEST_DATABASE_URL'],
    SIMULATOR: 'off',
    PROVIDER_REGISTRY_URL: 'http://registry.example/base',
  };
  const dev = await start(root, given);
  const url = new URL(await until(dev.url, UP));
  expect(dev.output()).toContain(`migrating ${given.DATABASE_URL}`);
  expect(dev.output()).toContain(given.REDIS_URL);
  expect(dev.output()).toContain('http://registry.example/base');
  expect(dev.output()).toMatch(/simulator +off/);
  expect(existsSync(join(root, '.data/postgres'))).toBe(false);
  const second = await start(copy(), { ...given, PORT: url.port });
  expect(await second.ended).toBe(1);
  expect(second.output()).toContain(`PORT ${url.port} is taken`);
  const third = await start(copy(), { ...given, PORT: '70000' });
  expect(await third.ended).toBe(78);
  expect(third.output()).toContain('PORT is "70000"; expected a number from 1 to 65535');
}, 60_000);

test('a wrong variable ends dev with 78 and the list of what is wrong, and nothing stays behind', async () => {
  const given = { REDIS_URL: process.env['TEST_REDIS_URL'], DATABASE_URL: process.env['TEST_DATABASE_URL'] };
  const dev = await start(copy(), { ...given, STUB_API: 'misconfigured' });
  expect(await dev.ended).toBe(78);
  expect(dev.output()).toContain('LOG_LEVEL: given "loud"');
  expect(dev.output()).toContain('ended with code 78\n');
  expect(dev.output()).not.toMatch(/^ready /m);
}, 60_000);

test('`pnpm demo` and people find the demo key and the address in a file for them alone', async () => {
  const root = copy();
  const given = { REDIS_URL: process.env['TEST_REDIS_URL'], DATABASE_URL: process.env['TEST_DATABASE_URL'] };
  await until((await start(root, { ...given, SIMULATOR: 'off' })).url, UP);
  const { demo, url } = JSON.parse(readFileSync(join(root, '.data/dev.json'), 'utf8')) as { demo: object; url: string };
  expect(demo).toEqual({ clientId: 'c1', key: 'demo-key', webhookSecret: 'whsec_x' });
  expect(statSync(join(root, '.data/dev.json')).mode & 0o077).toBe(0);
  expect(url).toMatch(/^http:\/\/127\.0\.0\.1:\d+$/);
}, 60_000);
