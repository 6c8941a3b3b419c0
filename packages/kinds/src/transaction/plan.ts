import { concludeTogether, type Plan } from '@countersign/flow';
import { REGISTRY } from '@countersign/providers';

const legs = () => [{ leg: REGISTRY, provider: REGISTRY }];

/** One leg: the registry. Its word is the transaction's end. */
export const plan: Plan = {
  kind: 'transaction',
  path: 'transactions',
  legs,
  conclude: (submission) => concludeTogether({ legs }, submission),
  tellsPending: true,
};
