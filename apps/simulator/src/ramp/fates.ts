import type { Fate, Fates } from '../desk/fate.ts';
import { along, heard, type Life, type Notice } from '../desk/life.ts';
import { troubles } from '../desk/troubles.ts';

const good = ['awaiting_funds', 'funds_received', 'payment_submitted', 'payment_processed'];
const quietly = (words: readonly string[], ms: number): Life => ({ moves: along(words, ms), notices: [] });
const aloud = (words: readonly string[], ms: number): Life => ({
  moves: along(words, ms),
  notices: heard(along(words, ms)),
});
const ends = (cents: number, end: string, does: string): Fate<Life> => {
  return { cents, does, life: (p) => aloud([...good.slice(0, 3), end], p.settleMs) };
};
/** Processed as ever, and a webhook that is wrong says otherwise half way. */
const lie =
  (wrong: string, says: string) =>
  (p: { settleMs: number }): Life => {
    return { ...quietly(good, p.settleMs), notices: [{ afterMs: p.settleMs / 2, says, wrong }] };
  };
const processed = (afterMs: number): Notice => ({ afterMs, says: 'payment_processed' });

const ways = {
  processed: {
    cents: 1,
    does: 'awaiting_funds ... payment_processed after settleMs, a webhook each; the ordinary',
    life: (p) => aloud(good, p.settleMs),
  },
  'processed-at-once': {
    cents: 4,
    does: 'answers payment_processed at once, no webhook',
    life: () => quietly(['payment_processed'], 0),
  },
  'in-review': {
    cents: 6,
    does: 'in_review for longMs, then payment_processed, a webhook each',
    life: (p) => aloud(['awaiting_funds', 'in_review', 'payment_processed'], p.longMs),
  },
  'in-review-for-ever': { cents: 36, does: 'in_review, and that is all', life: () => quietly(['in_review'], 0) },
  'awaiting-for-ever': {
    cents: 35,
    does: 'awaiting_funds, and that is all',
    life: () => quietly(['awaiting_funds'], 0),
  },
  'unknown-state': {
    cents: 49,
    does: 'a state nobody knows, then payment_processed after settleMs',
    life: (p) => quietly(['in_orbit', 'payment_processed'], p.settleMs),
  },
  'provisional-hash': {
    cents: 16,
    does: 'as processed; the hash at payment_submitted is another than the final one',
    life: (p) => ({ ...aloud(good, p.settleMs), quirk: 'provisional' }),
  },
  'key-expired': {
    cents: 51,
    does: 'never answered, and it is done; its key is 422 from then on, as after 24 h',
    trouble: { effect: 'kept', how: 'silence' },
    params: { tries: 1 },
    life: (p) => ({ ...aloud(good, p.settleMs), quirk: 'key-expired' }),
  },
} as const satisfies Fates<Life>;

const badEnds = {
  refunded: {
    cents: 2,
    does: 'funds_received, refund_in_flight, refunded after settleMs, a webhook each',
    life: (p) => aloud(['awaiting_funds', 'funds_received', 'refund_in_flight', 'refunded'], p.settleMs),
  },
  canceled: {
    cents: 3,
    does: 'awaiting_funds, canceled after settleMs, with a webhook',
    life: (p) => aloud(['awaiting_funds', 'canceled'], p.settleMs),
  },
  undeliverable: ends(41, 'undeliverable', 'payment_submitted, undeliverable after settleMs, a webhook each'),
  returned: ends(42, 'returned', 'payment_submitted, returned after settleMs, a webhook each'),
  error: ends(43, 'error', 'payment_submitted, error after settleMs, a webhook each'),
  'refund-failed': ends(46, 'refund_failed', 'payment_submitted, refund_failed after settleMs, a webhook each'),
  'missing-return-policy': ends(
    47,
    'missing_return_policy',
    'payment_submitted, missing_return_policy after settleMs, a webhook each',
  ),
  'returned-later': {
    cents: 17,
    does: 'payment_processed after settleMs, returned after webhookMs, a webhook each',
    life: (p) => {
      const moves = [...along(good, p.settleMs), { afterMs: p.settleMs + p.webhookMs, status: 'returned' }];
      return { moves, notices: heard(moves) };
    },
  },
} as const satisfies Fates<Life>;

const webhooks = {
  'poll-only': {
    cents: 7,
    does: 'payment_processed after settleMs, no webhook ever',
    life: (p) => quietly(good, p.settleMs),
  },
  'webhook-only': {
    cents: 5,
    does: 'GET says awaiting_funds for ever; the webhooks tell the rest',
    life: (p) => ({ ...aloud(good, p.settleMs), looks: 'first' }),
  },
  'webhook-first': {
    cents: 12,
    does: 'the webhook payment_processed is answered before the POST is',
    life: () => ({ ...quietly(['payment_processed'], 0), notices: [processed(0)], noticeFirst: true }),
  },
  'webhook-late': {
    cents: 13,
    does: 'payment_processed after settleMs, its webhook after webhookMs',
    life: (p) => ({ ...quietly(good, p.settleMs), notices: [processed(p.webhookMs)] }),
  },
  'webhook-twice': {
    cents: 8,
    does: 'payment_processed after settleMs, the same event twice',
    life: (p) => ({ ...quietly(good, p.settleMs), notices: [processed(p.settleMs), processed(p.settleMs)] }),
  },
  'webhook-out-of-order': {
    cents: 11,
    does: 'the webhooks come in the order payment_processed, funds_received, payment_submitted',
    life: (p) => ({
      ...quietly(good, p.settleMs),
      notices: [
        processed(p.settleMs),
        ...['funds_received', 'payment_submitted'].map((says, at) => ({
          afterMs: p.settleMs + p.webhookMs + at,
          says,
        })),
      ],
    }),
  },
  'webhook-stale': {
    cents: 14,
    does: 'a rightly signed webhook, 11 minutes old, says refunded; payment_processed after settleMs',
    life: lie('stale', 'refunded'),
  },
  'webhook-forged': {
    cents: 15,
    does: 'a wrongly signed webhook says refunded; payment_processed after settleMs',
    life: lie('forged', 'refunded'),
  },
  'webhook-unsigned': {
    cents: 53,
    does: 'an unsigned webhook says refunded; payment_processed after settleMs',
    life: lie('unsigned', 'refunded'),
  },
  'webhook-bare-type': {
    cents: 52,
    does: 'as processed; event_type is `updated.status_transitioned`, without the prefix',
    life: (p) => ({ ...aloud(good, p.settleMs), quirk: 'bare' }),
  },
} as const satisfies Fates<Life>;

/** What can happen to a transfer. */
export const rampFates = { ...ways, ...badEnds, ...webhooks, ...troubles } as const satisfies Fates<Life>;
