import { expect, test } from 'vitest';
import { discoverInvariants, judge } from '../src/invariant.ts';
import type { Ledger } from '../src/ledger.ts';
import { callbacks } from './plants/callbacks.ts';
import { house } from './plants/house.ts';
import { money } from './plants/money.ts';
import type { Plants } from './plants/plant.ts';
import { submissions } from './plants/submissions.ts';
import { thirdParties } from './plants/third-parties.ts';
import { soundLedger } from './sound-ledger.ts';

const invariants = await discoverInvariants();

test('a sound campaign breaks nothing, and every invariant has looked at something', () => {
  const verdicts = judge(soundLedger(), invariants);
  expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
  expect(verdicts.filter(({ checked }) => checked === 0).map(({ id }) => id)).toEqual([]);
});

const PLANTED: Plants = { ...submissions, ...thirdParties, ...money, ...callbacks, ...house };

test('every invariant has planted violations', () => {
  expect(Object.keys(PLANTED).sort()).toEqual(invariants.map(({ id }) => id));
});

for (const [id, plants] of Object.entries(PLANTED)) {
  for (const [what, plant] of plants) {
    test(`${id} sees: ${what}`, () => {
      const ledger = soundLedger();
      plant(ledger);
      const broken = judge(ledger as Ledger, invariants).flatMap(({ violations }) => violations);
      expect(broken.map((one) => one.id)).toContain(id);
    });
  }
}
