import { cspNeighbour } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';
import { concludeCalls, legsOf, resultOf } from '../csp-job.ts';

/** One leg: the question. */
export const plan: KindPlan = {
  kind: 'cost-job',
  path: 'cost-jobs',
  legs: legsOf,
  conclude: concludeCalls,
  result: resultOf,
  neighbours: [cspNeighbour],
};
