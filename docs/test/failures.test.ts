import { globSync, readFileSync } from 'node:fs';
import { expect, test } from 'vitest';

const root = new URL('../../', import.meta.url).pathname;
const page = readFileSync(`${root}docs/failures.md`, 'utf8');

/** The words in the first column of a section's table. */
function documented(section: number): string[] {
  const text = page.split(/^## /m).find((part) => part.startsWith(`${section}.`));
  expect(text, `docs/failures.md has a section ${section}`).toBeDefined();
  return [...(text ?? '').matchAll(/^\| `([^`]+)` \|/gm)].map((match) => match[1] ?? '').sort();
}

function sources(...folders: readonly string[]): string {
  const files = folders.flatMap((folder) => globSync(`${folder}/src/**/*.ts`, { cwd: root }));
  return files
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/test/'))
    .map((file) => readFileSync(`${root}${file}`, 'utf8'))
    .join('\n');
}

function found(text: string, ...patterns: readonly RegExp[]): string[] {
  const words = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  return [...new Set(words)].sort();
}

test('every failure and dead-letter code of the house is in section 1, and no other', () => {
  const text = sources('packages/flow', 'packages/steps', 'packages/providers', 'packages/kinds');
  const codes = found(
    text,
    /\bcode: (?:[^,'}\n]*\?\? )?'([A-Z_]+)'/g,
    /\.code : '([A-Z_]+)'/g,
    /unresolved\(\s*\w+,\s*'([A-Z_]+)'/g,
  );
  expect(codes).toEqual(documented(1));
});

test('every reason why a call got no answer is in section 2, and no other', () => {
  const type = /export type NoAnswerReason =([^;]+);/.exec(sources('packages/outbound'))?.[1] ?? '';
  expect(found(type, /'([a-z-]+)'/g)).toEqual(documented(2));
});

test('every code our own errors carry is in section 3, and no other', () => {
  const text = sources(
    'packages/flow',
    'packages/steps',
    'packages/store',
    'packages/queue',
    'packages/outbound',
    'apps/worker',
    'apps/api',
  );
  const codes = found(
    text,
    /readonly code = '([A-Z_]+)'/g,
    /new (?:Retryable|Terminal|Elsewhere)Error\(\s*'([A-Z_]+)'/g,
  );
  expect(codes).toEqual(documented(3));
});

test('every problem slug is in section 4 with its status, and no other', () => {
  const table = /export const PROBLEMS = \{([\s\S]*?)\} as const/.exec(sources('apps/api'))?.[1] ?? '';
  const slugs = [...table.matchAll(/^ {2}'?([a-z-]+)'?: \{ status: (\d+)/gm)].map(
    ([, slug, status]) => `${slug} ${status}`,
  );
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(([, slug, status]) => `${slug} ${status}`);
  expect(rows.sort()).toEqual(slugs.sort());
});
