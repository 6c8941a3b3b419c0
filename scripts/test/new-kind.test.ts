import { execFile } from 'node:child_process';
import { cpSync, existsSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { promisify } from 'node:util';
import { afterEach, expect, test } from 'vitest';
import { nameProblem, pluralOf } from '../new-kind.ts';

const ROOT = fileURLToPath(new URL('../..', import.meta.url));
const run = promisify(execFile);
const copies: string[] = [];
afterEach(() => {
  for (const copy of copies.splice(0)) rmSync(copy, { recursive: true, force: true });
});

/** The whole tree as a clone would have it; what is installed is linked, since workspace links are relative. */
function copyOfTree(): string {
  const copy = mkdtempSync(join(tmpdir(), 'countersign-kind-'));
  copies.push(copy);
  const keep = (path: string) => !/\/(node_modules\/\.|dist|\.data|\.git)(\/|$)/.test(path.slice(ROOT.length - 1));
  for (const part of [
    'apps',
    'packages',
    'scripts',
    'package.json',
    'tsconfig.base.json',
    'tsconfig.json',
    'vitest.config.ts',
  ]) {
    cpSync(join(ROOT, part), join(copy, part), { recursive: true, filter: keep, verbatimSymlinks: true });
  }
  symlinkSync(join(ROOT, 'node_modules'), join(copy, 'node_modules'));
  return copy;
}

test('a new kind is one folder, and passes the conformance suite as it stands', async () => {
  const tree = copyOfTree();
  const env = {
    ...process.env,
    DATABASE_URL: process.env['TEST_DATABASE_URL'],
    REDIS_URL: process.env['TEST_REDIS_URL'],
  };
  const made = await run(process.execPath, ['scripts/new-kind.ts', 'gift-card'], { cwd: tree, env });
  expect(made.stdout).toContain('POST /v1/gift-cards');
  expect(existsSync(join(tree, 'packages/kinds/src/gift-card/contract.ts'))).toBe(true);
  const again = await run(process.execPath, ['scripts/new-kind.ts', 'gift-card'], { cwd: tree, env }).catch(
    (error: { stderr: string }) => error,
  );
  expect(again.stderr).toContain('there is a kind gift-card already');
  const tested = await run(process.execPath, ['node_modules/vitest/vitest.mjs', 'run', 'gift-card'], {
    cwd: tree,
    env,
  });
  expect(tested.stdout).toMatch(/Tests .*6 passed/);
  const types = await run('tsc', ['-p', 'tsconfig.json'], { cwd: tree, env });
  expect(types.stdout).toBe('');
}, 120_000);

test('names: what is wrong and what would be right', () => {
  expect(nameProblem('refund', ['transaction'])).toBeUndefined();
  expect(nameProblem('gift-card', [])).toBeUndefined();
  expect(nameProblem('Refund', [])).toContain('lower-case');
  expect(nameProblem('refund_x', [])).toContain('such as refund or gift-card');
  expect(nameProblem('transaction', ['transaction'])).toContain('already');
  expect(nameProblem('transactions', ['transaction'])).toContain('path of another kind');
  expect(nameProblem(undefined, [])).toContain('pnpm new:kind refund');
  expect(['refund', 'delivery', 'batch', 'day'].map(pluralOf)).toEqual(['refunds', 'deliveries', 'batches', 'days']);
});
