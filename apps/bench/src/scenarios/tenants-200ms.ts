import type { Scenario } from '../scenario.ts';
import { crowdOf, tenants } from '../tenants.ts';

/** One client's crowd must not delay another's few, with a third party that takes its time as real ones do. */
export const scenario: Scenario = {
  name: 'tenants-200ms',
  title: (quick) =>
    `one client with ${crowdOf(quick).toLocaleString('en')} waiting, another's ten, third party 200 ms a call`,
  hasFloor: false,
  worker: true,
  run: async (stage) => await tenants(stage, 200),
};
