import type { Fates } from '../desk/fate.ts';

/** What the bank says of one payout: TxSts, or `RJCT AC04`, in the first report and in the later ones. */
export interface PayoutLife {
  /** The first goes into the first report (after reportMs); the n-th later one comes n times settleMs after it. Empty: never a word. */
  readonly words: readonly string[];
  /** The debtor is debited: it was executed. */
  readonly executes: boolean;
  /** A camt.054 debit notification follows. */
  readonly notified: boolean;
  /** A camt.054 credit: the money comes back, after the debit notification or in it. */
  readonly returned?: 'later' | 'with-the-debit';
}

const paid =
  (...words: readonly string[]) =>
  (): PayoutLife => ({ words, executes: true, notified: true });
const unpaid =
  (...words: readonly string[]) =>
  (): PayoutLife => ({ words, executes: false, notified: false });

/** What can happen to one payout of a file. */
export const payoutFates = {
  settled: { cents: 1, does: 'ACSP, ACSC, debit notification; the ordinary', life: paid('ACSP', 'ACSC') },
  rejected: { cents: 2, does: 'RJCT AC04 in the first report', life: unpaid('RJCT AC04') },
  'accepted-rejected': { cents: 3, does: 'ACSP, then RJCT AM04', life: unpaid('ACSP', 'RJCT AM04') },
  'review-settled': {
    cents: 4,
    does: 'ACSP, PDNG NARR, ACSC, debit notification',
    life: paid('ACSP', 'PDNG NARR', 'ACSC'),
  },
  'pending-for-ever': { cents: 5, does: 'PDNG, and that is all', life: unpaid('PDNG') },
  'pending-rejected': { cents: 6, does: 'PDNG, then RJCT MS03', life: unpaid('PDNG', 'RJCT MS03') },
  changed: { cents: 7, does: 'ACWC, ACSC, debit notification', life: paid('ACWC', 'ACSC') },
  backwards: {
    cents: 8,
    does: 'ACSC, then a late ACSP and PDNG; debit notification',
    life: paid('ACSC', 'ACSP', 'PDNG'),
  },
  silent: { cents: 11, does: 'executed, and never a word about it in a report; debit notification', life: paid() },
  'settled-at-once': { cents: 12, does: 'ACSC in the first report, debit notification', life: paid('ACSC') },
  blocked: { cents: 13, does: 'BLCK in the first report', life: unpaid('BLCK') },
  canceled: { cents: 14, does: 'PDNG, then CANC', life: unpaid('PDNG', 'CANC') },
  credited: { cents: 15, does: 'ACSP, ACSC, ACCC, debit notification', life: paid('ACSP', 'ACSC', 'ACCC') },
  'unknown-word': {
    cents: 16,
    does: 'a TxSts nobody knows, then ACSC, debit notification',
    life: paid('ZZZZ', 'ACSC'),
  },
  unnotified: {
    cents: 17,
    does: 'ACSP, ACSC, no debit notification',
    life: () => ({ ...paid('ACSP', 'ACSC')(), notified: false }),
  },
  'notified-only': { cents: 18, does: 'ACSP, never ACSC; the debit notification alone tells', life: paid('ACSP') },
  returned: {
    cents: 19,
    does: 'ACSP, ACSC, debit notification, then a credit: the money comes back',
    life: () => ({ ...paid('ACSP', 'ACSC')(), returned: 'later' }),
  },
  'returned-unsettled': {
    cents: 36,
    does: 'ACSP, never ACSC; one notification tells the debit and the credit, the credit first',
    life: () => ({ ...paid('ACSP')(), returned: 'with-the-debit' }),
  },
  'settled-rejected': {
    cents: 35,
    does: 'ACSC, then RJCT: the bank contradicts itself',
    life: paid('ACSC', 'RJCT NARR'),
  },
} as const satisfies Fates<PayoutLife>;
