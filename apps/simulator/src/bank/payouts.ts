import type { Recording } from '../party.ts';
import type { Instruction } from './pain001.ts';

/** What the bank's books say of one EndToEndId. */
export interface Payout {
  readonly endToEndId: string;
  readonly amount: string;
  readonly currency: string;
  readonly iban: string;
  readonly fate: string;
  /** In how many files that were taken for processing it stood. */
  instructions: number;
  /** How often it is or will be debited. More than 1 is a payout sent twice. */
  executions: number;
  /** The last word about it. */
  status: string | null;
  readonly msgIds: string[];
  readonly statuses: { readonly at: string; readonly status: string }[];
}

/** The books of payouts. */
export interface Payouts {
  find(endToEndId: string): Payout | undefined;
  all(): IterableIterator<Payout>;
  instruct(instruction: Instruction, msgId: string, fate: string, executes: boolean): Payout;
  say(endToEndId: string, status: string): void;
  counts(): { payouts: number; instructions: number; executions: number; doubleExecutions: number };
  clear(): void;
}

export function createPayouts(record: Recording): Payouts {
  const payouts = new Map<string, Payout>();
  let numbers = { instructions: 0, executions: 0, doubleExecutions: 0 };
  return {
    find: (endToEndId) => payouts.get(endToEndId),
    all: () => payouts.values(),
    instruct({ endToEndId, amount, currency, iban }, msgId, fate, executes) {
      const known = payouts.get(endToEndId);
      const fresh = { endToEndId, amount, currency, iban, fate, instructions: 0, executions: 0, status: null };
      const payout: Payout = known ?? { ...fresh, msgIds: [], statuses: [] };
      payouts.set(endToEndId, payout);
      payout.instructions += 1;
      payout.msgIds.push(msgId);
      numbers.instructions += 1;
      if (!executes) return payout;
      payout.executions += 1;
      numbers.executions += 1;
      if (payout.executions > 1) numbers.doubleExecutions += 1;
      return payout;
    },
    say(endToEndId, status) {
      const payout = payouts.get(endToEndId);
      if (!payout) return;
      payout.status = status;
      if (record === 'full') payout.statuses.push({ at: new Date().toISOString(), status });
    },
    counts: () => ({ payouts: payouts.size, ...numbers }),
    clear() {
      payouts.clear();
      numbers = { instructions: 0, executions: 0, doubleExecutions: 0 };
    },
  };
}
