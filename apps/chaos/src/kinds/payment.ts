import type { Page } from '../ledger.ts';
import { anyOf, jsonOf, type LoadKind } from './kind.ts';

/** What both ramps may do and still process it in the end. */
const GOOD = [
  'provisional-hash',
  'unknown-state',
  'poll-only',
  'webhook-late',
  'webhook-twice',
  'webhook-out-of-order',
  'webhook-stale',
  'webhook-forged',
  'in-review',
];
const TROUBLES = [
  '504-kept',
  '504-kept-late',
  '504-lost',
  'silent-kept',
  'silent-lost',
  'reset-before',
  'reset-after',
  'burst-500',
  'malformed',
  'webhook-first',
];
/** Where the money then is, only a person can say. */
const STUCK = ['undeliverable', 'returned', 'error', 'awaiting-for-ever', 'never-answers'];
const on = (fates: readonly string[]): string[] => fates.map((fate) => `on-ramp=${fate}`);
const off = (fates: readonly string[]): string[] => fates.map((fate) => `off-ramp=${fate}`);
const PAIRS = [
  ['EUR', 'USD'],
  ['USD', 'EUR'],
  ['GBP', 'EUR'],
  ['JPY', 'USD'],
] as const;

/** Fates are markers in the accounts' names: `sim:on-ramp=refunded` (apps/simulator/src/ramp/README.md). */
export const kind: LoadKind = {
  name: 'payment',
  path: 'payments',
  weight: 16,
  fates: {
    'on-ramp=processed': { weight: 25, ends: 'by the books' },
    ...anyOf([...on(GOOD), ...off(GOOD)], 1, 'by the books'),
    ...anyOf([...on(TROUBLES), ...off(TROUBLES)], 1.5, 'by the books'),
    ...anyOf([...on(['refunded', 'canceled']), ...off(['refunded', 'canceled'])], 3, 'by the books'),
    ...anyOf(
      ['504-kept-late', 'silent-kept', 'reset-after', '504-lost', 'poll-only'].map(
        (fate) => `off-ramp=canceled reverse=${fate}`,
      ),
      1,
      'by the books',
    ),
    ...anyOf([...on(['key-expired']), ...off(['key-expired'])], 0.4, 'by the books'),
    ...anyOf([...on(['webhook-only']), ...off(['webhook-only'])], 0.4, 'by a webhook'),
    'off-ramp=returned-later': { weight: 2, ends: 'maybe never' },
    'off-ramp=canceled reverse=refused': { weight: 1, ends: 'maybe never' },
    ...anyOf([...on(STUCK), ...off(STUCK)], 0.4, 'maybe never'),
  },
  isNamed: false,
  reuse: 409,
  // Yen have no minor unit.
  amount: (n) => (currencies(n)[0] === 'JPY' ? String(1_000 + n) : `${100 + n}.${n % 2 === 0 ? '50' : '25'}`),
  request(op, which, callbackUrl) {
    const [currency, destinationCurrency] = currencies(op.n);
    const marks = (wanted: (mark: string) => boolean): string =>
      op.fate
        .split(' ')
        .filter(wanted)
        .map((mark) => ` sim:${mark}`)
        .join('');
    return jsonOf(
      {
        amount: op.valid ? op.amount : `-${op.amount}`,
        currency,
        destinationCurrency,
        sourceAccount: `source${marks((mark) => !mark.startsWith('off-ramp'))}`,
        destinationAccount: `destination${marks((mark) => mark.startsWith('off-ramp'))}`,
        metadata: { op: op.id, ...(which === 'other' ? { other: 'body' } : {}) },
      },
      callbackUrl,
      { 'idempotency-key': `chaos-key-${op.id}` },
    );
  },
  idIn: ({ metadata }) => (metadata instanceof Object && 'op' in metadata ? metadata.op : undefined),
  wrong(_op, { state }, pages) {
    const [a, b, back] = (['on', 'off', 'reverse'] as const).map((leg) => pages.find((page) => page.leg === leg));
    const words = `on ${wordOf(a)}, off ${wordOf(b)}, reverse ${wordOf(back)}`;
    if (state === 'COMPLETED')
      return isPaid(a) && isPaid(b) && !isExecuted(back) ? undefined : `the ramps say ${words}`;
    if (state === 'FAILED') return isUndone(a) || (isUndone(b) && isPaid(back)) ? undefined : `the ramps say ${words}`;
    return undefined;
  },
};

function currencies(n: number): (typeof PAIRS)[number] {
  return PAIRS[n % PAIRS.length] ?? PAIRS[0];
}

export const isExecuted = (page: Page | undefined): boolean => (page?.effects ?? 0) > 0;
/** `returned`: paid out, and given back by the payee's bank later, which is another event. */
export const isPaid = (page: Page | undefined): boolean =>
  isExecuted(page) &&
  (page?.status === 'payment_processed' || (page?.fate === 'returned-later' && page.status === 'returned'));
export const isUndone = (page: Page | undefined): boolean =>
  !isExecuted(page) || page?.status === 'refunded' || page?.status === 'canceled';
const wordOf = (page: Page | undefined): string => (isExecuted(page) ? (page?.status ?? '?') : 'nothing');
