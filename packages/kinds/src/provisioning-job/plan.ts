import { cspNeighbour, provisionForMs, requestIn } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';
import { concludeCalls, legsOf, resultOf } from '../csp-job.ts';

/** One leg for each call to the cloud: one, or one for each funding source of ADD_TASK_ORDER. */
export const plan: KindPlan = {
  kind: 'provisioning-job',
  path: 'provisioning-jobs',
  legs: legsOf,
  conclude: concludeCalls,
  result: resultOf,
  lookForMs: ({ body }, maxAgeMs) => provisionForMs(requestIn(body), maxAgeMs),
  neighbours: [cspNeighbour],
};
