import { readFileSync } from 'node:fs';

/** The lines of a fixture (their origin: fixtures/ORIGIN.md). */
export function fixtureLines<Row>(name: string): Row[] {
  const text = readFileSync(new URL(`../fixtures/${name}`, import.meta.url), 'utf8');
  return text
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as Row); // our own files, judged by the tests that read them
}
