import type { Scenario } from '../scenario.ts';
import { walk } from '../walk.ts';

const countOf = (quick: boolean): number => (quick ? 500 : 10_000);

/** The whole walk at its fastest: the third party answers at once. */
export const scenario: Scenario = {
  name: 'walk',
  title: (quick) => `${countOf(quick).toLocaleString('en')} transactions from empty to called back, third party 0 ms`,
  hasFloor: true,
  worker: true,
  run: (stage) => walk(stage, countOf(stage.quick), 0, { perSecond: 2_000 }),
};
