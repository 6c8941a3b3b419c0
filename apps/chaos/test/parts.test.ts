import { createHmac } from 'node:crypto';
import { expect, test } from 'vitest';
import { readArguments } from '../src/arguments.ts';
import { discoverFaults } from '../src/fault.ts';
import { fateRules, FATES } from '../src/kinds/transaction-fates.ts';
import { fateNames } from '@countersign/simulator';
import { KIND_NAMES } from '../src/ledger.ts';
import { KINDS } from '../src/kinds/kinds.ts';
import { createPlanner, sentBy } from '../src/load/plan.ts';
import { checkSignature } from '../src/load/sink.ts';
import { randomFrom } from '../src/random.ts';

test('the same seed makes the same load', () => {
  const draw = (seed: number) => {
    const planner = createPlanner(randomFrom(seed), seed);
    return Array.from({ length: 200 }, () => planner.next());
  };
  expect(draw(7)).toEqual(draw(7));
  expect(draw(7)).not.toEqual(draw(8));
  expect(new Set(draw(7).map(({ op }) => op.id)).size).toBe(200);
  expect(new Set(draw(7).map(({ op }) => op.kind)).size).toBe(KIND_NAMES.length);
});

test('whose a receipt is can be read in its bytes, whatever they are: nothing else tells of one that was never answered', () => {
  const planner = createPlanner(randomFrom(12), 12);
  const some = Array.from({ length: 100 }, () => planner.next().op).filter((op) => op.kind === 'receipt' && op.valid);
  expect(some.length).toBeGreaterThan(3);
  for (const fate of Object.keys(KINDS.receipt.fates)) {
    for (const op of some) {
      for (const which of ['own', 'other'] as const)
        expect(KINDS.receipt.idInDocument?.(sentBy({ ...op, fate }, which, 'http://sink').body)).toBe(op.id);
    }
  }
});

test('every fate of the simulator has its share, and a currency of its own', () => {
  expect(Object.keys(FATES).sort()).toEqual([...fateNames].sort());
  expect(new Set(Object.values(FATES).map(({ currency }) => currency)).size).toBe(fateNames.length);
  expect(fateRules()).toHaveLength(fateNames.length);
});

test('every fault is found by its file, under a name of its own', async () => {
  const faults = await discoverFaults();
  const names = faults.map(({ name }) => name);
  expect(new Set(names).size).toBe(names.length);
  for (const name of [
    'kill',
    'freeze',
    'terminate',
    'flush',
    'lose-second',
    'readonly',
    'full',
    'end-backends',
    'cut',
    'half-open',
    'slow',
    'lose-answers',
    'lose-commit',
    'full-disk',
    'outage',
  ])
    expect(names).toContain(name);
});

test('a callback’s signature is checked over its own bytes', () => {
  const key = Buffer.from('a secret of the client');
  const secret = `whsec_${key.toString('base64')}`;
  const body = Buffer.from('{"type":"t"}');
  const signature = createHmac('sha256', key).update(`id-1.1700000000.${body.toString()}`).digest('base64');
  const headers = {
    'webhook-id': 'id-1',
    'webhook-timestamp': '1700000000',
    'webhook-signature': `v1,AAAA v1,${signature}`,
  };
  expect(checkSignature({ headers }, body, secret)).toBe('good');
  expect(checkSignature({ headers }, Buffer.from('{"type":"u"}'), secret)).toBe('another key or other bytes');
  expect(checkSignature({ headers: { ...headers, 'webhook-id': 'id-2' } }, body, secret)).toBe(
    'another key or other bytes',
  );
  expect(checkSignature({ headers: {} }, body, secret)).toBe('no v1 signature');
});

test('what is not understood on the command line is said', () => {
  expect(readArguments(['--seed', '3', '--minutes', '2', '--only', 'kill worker-1'])).toMatchObject({
    seed: 3,
    minutes: 2,
    only: 'kill worker-1',
    long: false,
  });
  expect(readArguments([]).minutes).toBeLessThan(5);
  expect(() => readArguments(['--seed', 'x'])).toThrow('--seed wants a number above 0, was given x');
  expect(() => readArguments(['kill'])).toThrow('kill is not known');
});
