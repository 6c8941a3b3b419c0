import { mkdtempSync, mkdirSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { ESLint } from 'eslint';
import { expect, test } from 'vitest';
import { findCycles, readImports } from './index.ts';
import { importProblem } from './may-import.ts';

const rooms = {
  ROOMS: { flow: [], steps: ['flow'], queue: ['flow'], testkit: [] },
  TESTS_ALSO: ['testkit'],
  ONLY_IN: { bullmq: { rooms: ['queue'], tests: false }, pg: { rooms: ['store'], tests: true } },
};

test.each([
  ['packages/steps/src/a.ts', '@countersign/flow', undefined],
  ['packages/steps/src/a.ts', './b.ts', undefined],
  ['packages/steps/src/a.ts', 'node:fs', undefined],
  ['packages/queue/src/a.ts', 'bullmq', undefined],
  ['packages/flow/src/a.test.ts', '@countersign/testkit', undefined],
  ['packages/flow/src/a.test.ts', 'pg', undefined],
  ['packages/flow/src/a.ts', '@countersign/steps', /flow may not import steps; it may import nothing of ours/],
  ['packages/steps/src/a.ts', '@countersign/queue', /steps may not import queue; it may import flow/],
  ['packages/flow/src/a.ts', '@countersign/testkit', /flow may not import testkit/],
  ['packages/steps/src/a.ts', '@countersign/flow/src/due.ts', /reaches into flow/],
  ['packages/steps/src/a.ts', '../../flow/src/due.ts', /leaves the room steps: import @countersign\/flow/],
  ['packages/steps/src/a.test.ts', 'bullmq', /bullmq may be imported only in queue, not in steps/],
  ['packages/steps/src/a.ts', 'bullmq/dist/x', /bullmq may be imported only in queue/],
  ['apps/new/src/a.ts', '@countersign/flow', /room new is not in the table/],
])('%s importing %s', (file, specifier, problem) => {
  const found = importProblem('/root', join('/root', file), specifier, rooms);
  if (problem === undefined) expect(found).toBeUndefined();
  else expect(found).toMatch(problem);
});

test('a circle of imports is found through packages and types, a shared import is none', () => {
  const root = mkdtempSync(join(tmpdir(), 'countersign-cycles-'));
  const write = (path: string, text: string): void => {
    mkdirSync(join(root, path, '..'), { recursive: true });
    writeFileSync(join(root, path), text);
  };
  write('packages/a/src/index.ts', `export * from './x.ts'; import '@countersign/b';`);
  write('packages/a/src/x.ts', `import type { X } from './y.ts';`);
  write('packages/a/src/y.ts', '');
  write('packages/b/src/index.ts', `import { x } from './in.ts';`);
  write('packages/b/src/in.ts', `await import('@countersign/a'); import './leaf.ts';`);
  write('packages/b/src/leaf.ts', '');
  expect(findCycles(readImports(root))).toEqual([
    ['packages/a/src/index.ts', 'packages/b/src/index.ts', 'packages/b/src/in.ts', 'packages/a/src/index.ts'],
  ]);
  rmSync(root, { recursive: true });
});

test('the project’s own configuration refuses raw bullmq, process.env, any and a forgotten promise', async () => {
  const cwd = fileURLToPath(new URL('../../..', import.meta.url));
  const eslint = new ESLint({ cwd, overrideConfigFile: '.eslintrc.cjs' });
  const text = `import { Queue } from 'bullmq';
export const queue: any = new Queue(process.env['NAME'] ?? '');
export function go(): void { Promise.resolve(1); }`;
  const [result] = await eslint.lintText(text, { filePath: join(cwd, 'packages/flow/src/index.ts') });
  const rules = [
    'rooms/may-import',
    'no-restricted-properties',
    '@typescript-eslint/no-explicit-any',
    '@typescript-eslint/no-floating-promises',
  ];
  expect(result?.messages.map((message) => message.ruleId)).toEqual(expect.arrayContaining(rules));
});
