import type { Fate, Fates } from '../desk/fate.ts';
import { along, heard, type Life } from '../desk/life.ts';
import { troubles } from '../desk/troubles.ts';

const quietly = (words: readonly string[], ms: number): Life => ({ moves: along(words, ms), notices: [] });
const aloud = (words: readonly string[], ms: number): Life => ({
  moves: along(words, ms),
  notices: heard(along(words, ms)),
});
/** A refusal of the first telling only. */
const once = (does: string, httpStatus: number, code: string): Fate<Life> => {
  return { cents: null, does, trouble: { effect: 'lost', how: 'status' }, params: { httpStatus, code, tries: 1 } };
};

/** What can happen to a receipt at Checkbox. */
export const checkboxFates = {
  done: {
    cents: null,
    does: 'CREATED, DONE after settleMs, with a webhook; the ordinary',
    life: (p) => aloud(['CREATED', 'DONE'], p.settleMs),
  },
  error: {
    cents: null,
    does: 'CREATED, ERROR after settleMs, with a webhook',
    life: (p) => aloud(['CREATED', 'ERROR'], p.settleMs),
  },
  cancelled: {
    cents: null,
    does: 'CREATED, CANCELLED after settleMs, with a webhook',
    life: (p) => aloud(['CREATED', 'CANCELLED'], p.settleMs),
  },
  'created-for-long': {
    cents: null,
    does: 'CREATED, DONE only after longMs, with a webhook',
    life: (p) => aloud(['CREATED', 'DONE'], p.longMs),
  },
  'created-for-ever': { cents: null, does: 'CREATED, and that is all', life: () => quietly(['CREATED'], 0) },
  'poll-only': {
    cents: null,
    does: 'CREATED, DONE after settleMs, the webhook is missing',
    life: (p) => quietly(['CREATED', 'DONE'], p.settleMs),
  },
  'webhook-only': {
    cents: null,
    does: 'GET says CREATED for ever; the webhook after settleMs says DONE',
    life: (p) => ({ ...aloud(['CREATED', 'DONE'], p.settleMs), looks: 'first' }),
  },
  'webhook-twice': {
    cents: null,
    does: 'DONE after settleMs, the same webhook twice',
    life: (p) => ({
      ...quietly(['CREATED', 'DONE'], p.settleMs),
      notices: [1, 2].map(() => ({ afterMs: p.settleMs, says: 'DONE' })),
    }),
  },
  'webhook-first': {
    cents: null,
    does: 'the webhook DONE is sent, and answered, before the POST is',
    life: () => ({ ...quietly(['DONE'], 0), notices: [{ afterMs: 0, says: 'DONE' }], noticeFirst: true }),
  },
  'webhook-forged': {
    cents: null,
    does: 'a webhook signed with another key says ERROR; DONE after settleMs',
    life: (p) => ({
      ...quietly(['CREATED', 'DONE'], p.settleMs),
      notices: [{ afterMs: p.settleMs / 2, says: 'ERROR', wrong: 'forged' }],
    }),
  },
  duplicate: {
    cents: null,
    does: 'kept, and yet answered 400 receipt.already_exists; DONE after settleMs',
    trouble: { effect: 'kept', how: 'status' },
    params: { httpStatus: 400, code: 'receipt.already_exists', tries: 1 },
  },
  'token-stale': once('401 base.credentials once, and every token is worthless from then on', 401, 'base.credentials'),
  'shift-closed': once('400 shift.not_opened once, and the shift is closed from then on', 400, 'shift.not_opened'),
  ...troubles,
} as const satisfies Fates<Life>;
