import { anotherKey, anyOf, jsonOf, type LoadKind } from './kind.ts';

const SETTLES = [
  'review-settled',
  'changed',
  'backwards',
  'settled-at-once',
  'credited',
  'unknown-word',
  'unnotified',
  'returned',
  'notified-only',
  'silent',
];
const REFUSES = ['rejected', 'accepted-rejected', 'pending-rejected', 'blocked', 'canceled'];

/** Fates go by the creditor's name: a rule for each (`payoutRules`). What happens to a whole file is drawn by the bank (`FILE_WEIGHTS`). */
export const kind: LoadKind = {
  name: 'payout',
  path: 'payouts',
  weight: 12,
  fates: {
    settled: { weight: 25, ends: 'by the books' },
    ...anyOf([...SETTLES, ...REFUSES], 1.5, 'by the books'),
    // The bank contradicts itself; what it said first stands, and which that is depends on the way its messages took.
    'settled-rejected': { weight: 1.5, ends: 'either' },
    'pending-for-ever': { weight: 1, ends: 'maybe never' },
  },
  isNamed: true,
  reuse: 422,
  amount: (n) => `${n}.${n % 2 === 0 ? '50' : '25'}`,
  request: (op, which, callbackUrl) =>
    jsonOf(
      {
        id: op.id,
        amount: op.valid ? op.amount : `-${op.amount}`,
        currency: currencyOf(op.n),
        creditor: { name: nameOf(op.fate), iban: 'EE382200221020145685' },
        remittance: which === 'other' ? 'Another body' : 'Chaos',
        metadata: { op: String(op.n) },
      },
      callbackUrl,
      anotherKey(op, which),
    ),
  idIn: ({ id }) => id,
  wrong(_op, { state }, pages) {
    const executions = pages.reduce((sum, page) => sum + page.effects, 0);
    if (state === 'COMPLETED' && executions === 0) return 'the bank never debited it';
    if (state === 'FAILED' && executions > 0) return `the bank debited it (${pages[0]?.status ?? 'without a word'})`;
    return undefined;
  },
};

export const currencyOf = (n: number): string => (n % 4 === 0 ? 'GBP' : 'EUR');
const nameOf = (fate: string): string => `Fate ${fate}`;

/** The rules that make the bank choose a payout's fate by its creditor's name. */
export function payoutRules(): object[] {
  return Object.keys(kind.fates).map((fate) => ({ match: { name: nameOf(fate) }, fate }));
}

/** How often what happens to a whole file. `never-reported` and what never ends is left out: it would take a hundred payouts along. */
export const FILE_WEIGHTS: Readonly<Record<string, number>> = {
  served: 60,
  ...Object.fromEntries(
    [
      ...[
        '504-kept',
        '504-kept-late',
        '504-lost',
        'silent-kept',
        'silent-lost',
        'reset-before',
        'reset-after',
        'burst-500',
        'malformed',
      ],
      ...[
        'group-only',
        'no-group-status',
        'no-original-msgid',
        'no-request-id',
        'version-03',
        'odd-xml',
        'split',
        'foreign-first',
      ],
      ...[
        'delivered-twice',
        'reversed',
        'delete-fails',
        'webhook-missing',
        'webhook-twice',
        'webhook-forged',
        'group-rejected',
      ],
    ].map((fate) => [fate, 2]),
  ),
};
