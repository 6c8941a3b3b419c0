import { concludeTogether, registrationOf, type Afterword, type Submission, type Word } from '@countersign/flow';
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
  afterword,
  registers: 'elsewhere',
  neighbours: [bankNeighbour],
};

/** A payout the bank had paid came back, or the bank contradicts itself: noted and told once, while COMPLETED stays what it is. */
function afterword(submission: Submission, leg: string, word: Word): Afterword | undefined {
  const wasPaid = registrationOf(submission, leg)?.status === 'DONE' && submission.status !== 'FAILED';
  if (!wasPaid || submission.facts['returned'] !== undefined) return undefined;
  if (word.type !== 'stuck' && word.type !== 'refused') return undefined;
  const { code, message } = word.failure;
  return { callback: 'returned', facts: { returned: { code, message } } };
}
