import { expect, test } from 'vitest';
import type { Ledger } from '../src/ledger.ts';
import { acceptedForOthers, mixtures } from '../src/mixtures.ts';
import { sometimes } from '../src/sometimes.ts';
import { accepted } from './sound/clients.ts';
import { at, soundLedger } from './sound-ledger.ts';

/** All of `v1`, then API first, then the workers one by one. Four were taken, by api-1. */
function deployed(): Ledger {
  const ledger = soundLedger();
  ledger.attempts = [1_000, 3_000, 5_000, 7_000].map((ms, n) => accepted(n + 1, ms));
  ledger.deploys = [
    ...['api-1', 'worker-1', 'worker-2'].map((process) => ({ process, release: 'v1', at: at(0) })),
    { process: 'api-1', release: 'this build', at: at(2_000) },
    { process: 'worker-2', release: 'this build', at: at(4_000) },
    { process: 'worker-1', release: 'this build', at: at(6_000) },
  ];
  return ledger;
}

test('who took it and who worked at it, by build', () => {
  expect(mixtures(deployed())).toEqual([
    { api: 'v1', workers: ['v1'], accepted: 1 },
    { api: 'this build', workers: ['v1'], accepted: 1 },
    { api: 'this build', workers: ['this build', 'v1'], accepted: 1 },
    { api: 'this build', workers: ['this build'], accepted: 1 },
  ]);
  expect(acceptedForOthers(deployed(), 'this build')).toBe(1);
});

test('a rehearsal in which no API ever met workers of the other build only proves too little', () => {
  const rows = sometimes(deployed(), false).filter(({ what }) => what.includes('no worker was of it'));
  expect(rows.map(({ what, times }) => [what, times])).toEqual([
    ['accepted by v1 while no worker was of it', 0],
    ['accepted by this build while no worker was of it', 1],
  ]);
  expect(sometimes(soundLedger() as Ledger, false).some(({ what }) => what.includes('no worker was of it'))).toBe(
    false,
  );
});
