import type { Fates } from '../desk/fate.ts';
import { along, heard, type Life } from '../desk/life.ts';
import { troubles } from '../desk/troubles.ts';

const done = ['CREATED', 'PENDING', 'DONE'];
const refused = ['CREATED', 'PENDING', 'ERROR'];
const quietly = (words: readonly string[], ms: number): Life => ({ moves: along(words, ms), notices: [] });
const aloud = (words: readonly string[], ms: number): Life => ({
  moves: along(words, ms),
  notices: heard(along(words, ms)).slice(-1),
});

/** What can happen to a registration. */
export const authorityFates = {
  done: {
    cents: null,
    does: 'answers DONE at once; what every document without a fate gets',
    life: () => quietly(['DONE'], 0),
  },
  error: { cents: null, does: 'answers ERROR with `code` at once', life: () => quietly(['ERROR'], 0) },
  'created-done': {
    cents: null,
    does: 'CREATED, PENDING, DONE after settleMs, with a webhook',
    life: (p) => aloud(done, p.settleMs),
  },
  'created-error': {
    cents: null,
    does: 'CREATED, PENDING, ERROR with `code` after settleMs, with a webhook',
    life: (p) => aloud(refused, p.settleMs),
  },
  'created-for-long': {
    cents: null,
    does: 'CREATED, DONE only after longMs, with a webhook',
    life: (p) => aloud(['CREATED', 'DONE'], p.longMs),
  },
  'created-for-ever': { cents: null, does: 'CREATED, and that is all', life: () => quietly(['CREATED'], 0) },
  'unknown-status': {
    cents: null,
    does: 'answers a status nobody knows, DONE after settleMs',
    life: (p) => quietly(['IN_CLEARING', 'DONE'], p.settleMs),
  },
  'poll-only': {
    cents: null,
    does: 'CREATED, PENDING, DONE after settleMs, the webhook is missing',
    life: (p) => quietly(done, p.settleMs),
  },
  'webhook-only': {
    cents: null,
    does: 'GET says CREATED for ever; the webhook after settleMs says DONE',
    life: (p) => ({ ...aloud(['CREATED', 'DONE'], p.settleMs), looks: 'first' }),
  },
  'webhook-only-error': {
    cents: null,
    does: 'GET says CREATED for ever; the webhook after settleMs says ERROR',
    life: (p) => ({ ...aloud(['CREATED', 'ERROR'], p.settleMs), looks: 'first' }),
  },
  'webhook-first': {
    cents: null,
    does: 'the webhook DONE is sent, and answered, before the POST is',
    life: () => ({ ...quietly(['DONE'], 0), notices: [{ afterMs: 0, says: 'DONE' }], noticeFirst: true }),
  },
  'webhook-late': {
    cents: null,
    does: 'DONE after settleMs, its webhook after webhookMs',
    life: (p) => ({ ...quietly(done, p.settleMs), notices: [{ afterMs: p.webhookMs, says: 'DONE' }] }),
  },
  'webhook-twice': {
    cents: null,
    does: 'DONE after settleMs, the same webhook twice',
    life: (p) => ({ ...quietly(done, p.settleMs), notices: [1, 2].map(() => ({ afterMs: p.settleMs, says: 'DONE' })) }),
  },
  'webhook-out-of-order': {
    cents: null,
    does: 'webhook DONE after settleMs, webhook PENDING after webhookMs',
    life: (p) => ({
      ...quietly(done, p.settleMs),
      notices: [
        { afterMs: p.settleMs, says: 'DONE' },
        { afterMs: Math.max(p.webhookMs, p.settleMs) + 1, says: 'PENDING' },
      ],
    }),
  },
  'webhook-forged': {
    cents: null,
    does: 'a webhook signed with another secret says ERROR; DONE after settleMs',
    life: (p) => ({
      ...quietly(done, p.settleMs),
      notices: [{ afterMs: p.settleMs / 2, says: 'ERROR', wrong: 'forged' }],
    }),
  },
  'webhook-unsigned': {
    cents: null,
    does: 'a webhook without a signature says ERROR; DONE after settleMs',
    life: (p) => ({
      ...quietly(done, p.settleMs),
      notices: [{ afterMs: p.settleMs / 2, says: 'ERROR', wrong: 'unsigned' }],
    }),
  },
  duplicate: {
    cents: null,
    does: 'registered, and yet answered 400 registration.already_exists with the original number',
    life: () => ({ ...quietly(['DONE'], 0), quirk: 'duplicate' }),
  },
  'duplicate-elsewhere': {
    cents: null,
    does: 'nothing kept: 400 registration.already_exists, the original number belongs to another id',
    life: () => ({ ...quietly(['DONE'], 0), quirk: 'elsewhere' }),
  },
  replay: {
    cents: null,
    does: 'as created-done, and a duplicate is answered 200 with the registration',
    life: (p) => ({ ...aloud(done, p.settleMs), quirk: 'replay' }),
  },
  ...troubles,
} as const satisfies Fates<Life>;
