import type { Scenario } from '../scenario.ts';
import { crowdOf, tenants } from '../tenants.ts';

/**
 * One client's crowd must not delay another's few. With a third party that answers at once nobody ever waits for anything
 * but a core: the hardest case there is.
 */
export const scenario: Scenario = {
  name: 'tenants',
  title: (quick) =>
    `one client with ${crowdOf(quick).toLocaleString('en')} waiting, another's ten, third party 0 ms a call`,
  // A bare process knows no clients: whoever comes last waits for all.
  hasFloor: false,
  worker: true,
  run: async (stage) => await tenants(stage, 0),
};
