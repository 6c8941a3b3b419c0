import { readFileSync } from 'node:fs';

/** The lines of a file of `suites/`; each line's shape is named by the test that reads it. */
export function suite<T>(name: string): T[] {
  return readFileSync(new URL(`suites/${name}`, import.meta.url), 'utf8')
    .trim()
    .split('\n')
    .map((line) => JSON.parse(line) as T);
}
