import { readFileSync } from 'node:fs';
import { expect, test } from 'vitest';
import { authorityFates } from '../src/authority/fates.ts';
import { fileFates } from '../src/bank/file-fates.ts';
import { payoutFates } from '../src/bank/payout-fates.ts';
import { checkboxFates } from '../src/checkbox/fates.ts';
import { cspFates } from '../src/csp/fates.ts';
import type { Fates } from '../src/desk/fate.ts';
import { troubles } from '../src/desk/troubles.ts';
import { rampFates } from '../src/ramp/fates.ts';

const readme = (folder: string): string =>
  readFileSync(new URL(`../src/${folder}/README.md`, import.meta.url), 'utf8').replaceAll(/ +/g, ' ');
const tables: [string, Fates<unknown>, boolean][] = [
  ['desk', troubles, true],
  ['authority', authorityFates, false],
  ['checkbox', checkboxFates, false],
  ['ramp', rampFates, true],
  ['csp', cspFates, false],
  ['bank', fileFates, false],
  ['bank', payoutFates, true],
];

test.each(tables)(
  'the README of %s names every fate, with its cents where amounts are told',
  (folder, fates, amounts) => {
    const text = readme(folder);
    const own = Object.entries(fates).filter(([name]) => folder === 'desk' || !(name in troubles));
    for (const [name, { cents, does }] of own) {
      const shown = cents === null ? '–' : `.${String(cents).padStart(2, '0')}`;
      expect(text).toContain(`${amounts ? `| ${shown} ` : ''}| \`${name}\` | ${does} |`);
    }
  },
);

test.each(tables)('%s: no two fates share their cents, and none are common', (_folder, fates) => {
  const cents = Object.values({ ...fates, ...troubles }).flatMap((fate) => fate.cents ?? []);
  expect(new Set(cents).size).toBe(cents.length);
  expect(cents.filter((one) => [0, 10, 20, 25, 30, 40, 50, 75, 90, 95, 99].includes(one))).toEqual([]);
});
