import { concludeTogether } from '@countersign/flow';
import { BANK, bankNeighbour } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';

const legs = () => [{ leg: BANK, provider: BANK }];

/**
 * One leg: the bank. The shard loop (apps/worker/src/payouts) tells it in batches and hears it by messages; a visit opens the
 * leg, calls it UNRESOLVED when the bank stays silent for `POLL_MAX_AGE_MS`, and closes the books.
 */
export const plan: KindPlan = {
  kind: 'payout',
  path: 'payouts',
  legs,
  conclude: (submission) => concludeTogether({ legs }, submission),
  registers: 'elsewhere',
  neighbours: [bankNeighbour],
};
