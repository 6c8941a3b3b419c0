import { spawnSync } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { beforeAll, expect, test } from 'vitest';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));

beforeAll(() => {
  const { status, stderr } = node('.', 'scripts/build.mjs');
  expect(stderr).toBe('');
  expect(status).toBe(0);
});

test.each(['apps/api', 'apps/worker'])('%s runs from its build, finds its kinds, and judges its environment', (app) => {
  const { status, stdout, stderr } = node(app, 'dist/main.js', { REDIS_URL: 'nonsense', DATABASE_URL: 'nonsense' });
  expect(stdout + stderr).toContain('DATABASE_URL');
  expect(status).toBe(78);
  expect(existsSync(join(ROOT, app, 'dist/kinds/transaction/plan.js'))).toBe(true);
});

test('the migration runs from its build', () => {
  const { status, stdout, stderr } = node('apps/api', 'dist/migrate.js', {
    DATABASE_URL: 'postgres://nobody@127.0.0.1:1/none',
  });
  expect(stdout + stderr).not.toContain('ERR_MODULE_NOT_FOUND');
  expect(status).not.toBe(0);
});

function node(folder: string, file: string, env: NodeJS.ProcessEnv = {}) {
  return spawnSync(process.execPath, [file], {
    cwd: join(ROOT, folder),
    env: { PATH: process.env['PATH'], ...env },
    encoding: 'utf8',
    timeout: 30_000,
  });
}
