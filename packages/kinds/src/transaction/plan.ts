import { concludeTogether } from '@countersign/flow';
import { REGISTRY, registryNeighbour } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';

const legs = () => [{ leg: REGISTRY, provider: REGISTRY }];

/** One leg: the registry. Its word is the transaction's end. */
export const plan: KindPlan = {
  kind: 'transaction',
  path: 'transactions',
  legs,
  conclude: (submission) => concludeTogether({ legs }, submission),
  tellsPending: true,
  neighbours: [registryNeighbour],
};
