import type { Scenario } from '../scenario.ts';
import { walk } from '../walk.ts';

const countOf = (quick: boolean): number => (quick ? 500 : 10_000);

/** Waiting is the trap: every call to the third party, looking as well as telling, takes 200 ms. */
export const scenario: Scenario = {
  name: 'walk-200ms',
  title: (quick) =>
    `${countOf(quick).toLocaleString('en')} transactions from empty to called back, third party 200 ms a call`,
  hasFloor: true,
  worker: true,
  run: (stage) => walk(stage, countOf(stage.quick), 200, { perSecond: 1_500, gigabytes: 0.6 }),
};
