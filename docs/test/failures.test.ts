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

/** The rooms that are deployed: the door, the worker, and whatever they depend on. */
function deployedRooms(): string[] {
  const rooms = new Set(['apps/api', 'apps/worker']);
  for (const room of rooms) {
    const { dependencies = {} } = JSON.parse(readFileSync(`${root}${room}/package.json`, 'utf8')) as {
      dependencies?: Record<string, string>;
    };
    for (const name of Object.keys(dependencies))
      if (name.startsWith('@countersign/')) rooms.add(name.replace('@countersign', 'packages'));
  }
  return [...rooms];
}

function sources(...rooms: readonly string[]): string {
  const files = rooms.flatMap((room) => globSync(`${room}/src/**/*.ts`, { cwd: root }));
  return files
    .filter((file) => !file.endsWith('.test.ts') && !file.includes('/test/'))
    .map((file) => readFileSync(`${root}${file}`, 'utf8'))
    .join('\n');
}

function found(text: string, ...patterns: readonly RegExp[]): string[] {
  const words = patterns.flatMap((pattern) => [...text.matchAll(pattern)].map((match) => match[1] ?? ''));
  return [...new Set(words)].sort();
}

const text = sources(...deployedRooms());
/** What may stand between `code` and the end of what it is given: `failure?.code ?? 'REFUSED'`. */
const GIVEN = String.raw`(?::|=(?!=))((?:(?!,\s+\w+:|[;}])[^]){1,200})`;
const WORD = /(?<!=== )'([A-Z][A-Z_]{2,})'/g;
/** The words a property, a variable or a member named `code` is given. */
const wordsGiven = (before: string): string[] =>
  found(found(text, new RegExp(`${before}${GIVEN}`, 'g')).join('\n'), WORD);

/** Whoever takes a `code` is called with one: where among its parameters it stands. */
function wordsHandedTo(taker: RegExp, call: string): string[] {
  return [...text.matchAll(taker)].flatMap(([, name = '', parameters = '']) => {
    const at = parameters.split(',').findIndex((parameter) => /^\s*code\b/.test(parameter));
    if (at < 0) return [];
    const before = String.raw`[^,()]+,\s*`.repeat(at);
    return found(text, new RegExp(String.raw`${call}${name}\(\s*${before}'([A-Z][A-Z_]+)'`, 'g'));
  });
}

const sorted = (words: readonly string[]): string[] => [...new Set(words)].sort();
const MEMBER = String.raw`(?:readonly|override) code\b\s*`;
const thrown = sorted([
  ...wordsGiven(MEMBER),
  ...wordsHandedTo(/class (\w+)[^{]*\{(?:(?!\nclass )[^])*?constructor\(([^)]*)\)/g, 'new '),
]);

test('every failure and dead-letter code of the house is in section 1, and no other', () => {
  const kept = sorted([
    ...wordsGiven(String.raw`(?<!readonly |override )\bcode\b\s*`),
    ...wordsHandedTo(/function (\w+)\(([^)]*)\)/g, String.raw`\b`),
  ]);
  expect(kept).toEqual(documented(1));
});

test('every reason why a call got no answer is in section 2, and no other', () => {
  const type = /export type NoAnswerReason =([^;]+);/.exec(sources('packages/outbound'))?.[1] ?? '';
  expect(found(type, /'([a-z-]+)'/g)).toEqual(documented(2));
});

test('every code our own errors carry is in section 3, and no other', () => {
  expect(thrown).toEqual(documented(3));
});

test('every problem slug is in section 4 with its status, and no other', () => {
  const table = /export const PROBLEMS = \{([\s\S]*?)\} as const/.exec(sources('apps/api'))?.[1] ?? '';
  const slugs = [...table.matchAll(/^ {2}'?([a-z-]+)'?: \{ status: (\d+)/gm)].map(
    ([, slug, status]) => `${slug} ${status}`,
  );
  const rows = [...page.matchAll(/^\| `([a-z-]+)` \| (\d{3}) \|/gm)].map(([, slug, status]) => `${slug} ${status}`);
  expect(rows.sort()).toEqual(slugs.sort());
});
