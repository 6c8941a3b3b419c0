import { at, iso } from '../sound-ledger.ts';
import {
  finalRead,
  looksLost,
  neverAnswered,
  pageOf,
  post,
  rampOf,
  setFate,
  unresolved,
  type Plants,
} from './plant.ts';

/** What was submitted, accepted and came to its end. */
export const submissions: Plants = {
  'I-01': [
    ['an accepted op that never ends', (l) => Object.assign(finalRead(l, 1), { state: 'PROCESSING', version: 3 })],
    ['UNRESOLVED where the third party answered', (l) => unresolved(l, 1)],
    ['UNRESOLVED where it contradicts itself', (l) => (unresolved(l, 1), setFate(l, 1, 'flapping'))],
    ['UNRESOLVED and nobody asked again', (l) => (unresolved(l, 1), void (pageOf(l, 1).requests = []))],
    [
      'our looks timed out while others used the machine, and it was in reach',
      (l) => (
        looksLost(l, 1, 'timeout after 1000 ms', 'abandoned'),
        void (l.cpu = [{ at: at(20_000), cores: { others: 1.9 } }])
      ),
    ],
    ['our process was lost in its call', (l) => looksLost(l, 1, 'our process was lost during the call', 'abandoned')],
    [
      'the third party was away for one look, and answered the next',
      (l) => (
        looksLost(l, 1, 'timeout after 1000 ms', 'silence'),
        void (pageOf(l, 1).requests = [...pageOf(l, 1).requests, { ...post(18_000, '200'), method: 'GET' }])
      ),
    ],
    [
      'UNRESOLVED although its webhook was taken',
      (l) => (unresolved(l, 4), void Object.assign(pageOf(l, 4), { fate: 'webhook-only' })),
    ],
    ['a payout UNRESOLVED although the bank told of it', (l) => unresolved(l, 9)],
    [
      'never answered, in the list, and without an end',
      (l) => (neverAnswered(l, 2), Object.assign(finalRead(l, 2), { state: 'PROCESSING' })),
    ],
    [
      'an accepted op nobody can read',
      (l) => void (l.readings = l.readings.filter(({ op, why }) => op !== 1 || why !== 'final')),
    ],
  ],
  'I-02': [
    [
      '404 after the 202',
      (l) => void l.readings.push({ ...finalRead(l, 1), at: at(3_500), why: 'watch', status: 404 }),
    ],
    ['missing in the list', (l) => void (l.listings[0]!.items = l.listings[0]!.items.slice(1))],
    [
      'twice in the list',
      (l) => void (l.listings[0]!.items = [...l.listings[0]!.items, { id: 't-1', submissionId: 's-9', op: 1 }]),
    ],
  ],
  'I-04': [
    ['a refused op was executed', (l) => void l.books.push({ ...pageOf(l, 1), id: 's-3', op: 3 })],
    [
      'a refused op in the list',
      (l) => void (l.listings[0]!.items = [...l.listings[0]!.items, { id: 't-3', submissionId: 's-3', op: 3 }]),
    ],
    ['a third party knows what nobody sent', (l) => void l.books.push({ ...pageOf(l, 1), id: 's-nobody', op: null })],
    [
      'never answered, executed, and not to be found',
      (l) => {
        l.attempts = l.attempts.map((one) =>
          one.op === 1 && one.body === 'own'
            ? { op: 1, at: one.at, ms: 1, api: 'api-1', body: 'own', outcome: 'cut' }
            : one,
        );
        l.listings[0]!.items = l.listings[0]!.items.filter(({ id }) => id !== 't-1');
      },
    ],
  ],
  'I-05': [
    ['COMPLETED and their books say declined', (l) => void (pageOf(l, 1).status = 'declined')],
    ['COMPLETED and their books know nothing', (l) => void (l.books = l.books.filter(({ id }) => id !== 's-1'))],
    [
      'FAILED and their books say completed',
      (l) => Object.assign(finalRead(l, 1), { state: 'FAILED', errorCode: 'NOT_REGISTERED' }),
    ],
    [
      'a receipt COMPLETED without the warehouse',
      (l) => void (l.books.find(({ party }) => party === 'warehouse')!.status = 'CREATED'),
    ],
    [
      'a receipt FAILED although both have it',
      (l) => Object.assign(finalRead(l, 7), { state: 'FAILED', errorCode: 'NOT_REGISTERED' }),
    ],
    ['an invalid receipt COMPLETED', (l) => Object.assign(finalRead(l, 8), { state: 'COMPLETED', errorCode: null })],
    ['a payment COMPLETED and not paid out', (l) => void (rampOf(l, 5, 'off').status = 'refunded')],
    [
      'a payment FAILED and paid out',
      (l) => Object.assign(finalRead(l, 5), { state: 'FAILED', errorCode: 'CANCELED' }),
    ],
    ['a payout FAILED and debited', (l) => Object.assign(finalRead(l, 9), { state: 'FAILED', errorCode: 'RJCT' })],
    [
      'FAILED without a reason',
      (l) => (
        Object.assign(finalRead(l, 1), { state: 'FAILED' }),
        void Object.assign(pageOf(l, 1), { status: null, effects: 0 })
      ),
    ],
  ],
  'I-06': [
    [
      'COMPLETED, then FAILED',
      (l) => void l.readings.push({ ...finalRead(l, 1), at: at(26_000), state: 'FAILED', version: 5 }),
    ],
    [
      'one version with two statuses',
      (l) => void l.readings.push({ ...finalRead(l, 1), at: at(4_999), state: 'PENDING', version: 4 }),
    ],
    [
      'a reading older than the one before',
      (l) => void l.readings.push({ ...finalRead(l, 1), at: at(26_000), state: 'PROCESSING', version: 2 }),
    ],
  ],
  'I-07': [
    [
      'PENDING to COMPLETED',
      (l) =>
        void (l.stories[0]!.entries = l.stories[0]!.entries.filter(({ to }) => to !== 'PROCESSING').map((one) =>
          one.type === 'status' ? { ...one, from: 'PENDING' } : one,
        )),
    ],
    [
      'out of a final status',
      (l) =>
        void (l.stories[0]!.entries = [
          ...l.stories[0]!.entries,
          { at: iso(9_000), type: 'status', from: 'COMPLETED', to: 'FAILED' },
        ]),
    ],
    [
      'a move from where it did not stand',
      (l) =>
        void (l.stories[0]!.entries = l.stories[0]!.entries.map((one) =>
          one.to === 'COMPLETED' ? { ...one, from: 'UNRESOLVED' } : one,
        )),
    ],
  ],
  'I-08': [
    ['two ids for one key', (l) => void l.attempts.push({ ...l.attempts[1]!, submissionId: 's-other' })],
    ['another body accepted', (l) => void Object.assign(l.attempts[3]!, { status: 202, submissionId: 's-1' })],
    ['its own body refused as another', (l) => void l.attempts.push({ ...l.attempts[1]!, status: 422 })],
  ],
  'I-09': [
    [
      'another submission under another key',
      (l) => void (l.attempts.find(({ body }) => body === 'rekeyed')!.submissionId = 's-9'),
    ],
    ['refused under another key', (l) => void (l.attempts.find(({ body }) => body === 'rekeyed')!.status = 422)],
  ],
  'I-26': [
    [
      'shed, retried, and twice in the list',
      (l) => void (l.listings[0]!.items = [...l.listings[0]!.items, { id: 't-1', submissionId: 's-9', op: 1 }]),
    ],
    ['shed and then refused', (l) => void l.attempts.push({ ...l.attempts[1]!, status: 409 })],
    [
      'only ever 429 and executed',
      (l) => (
        l.ops.push({ ...l.ops[0]!, n: 11, id: 't-11' }),
        l.attempts.push({ ...l.attempts[0]!, op: 11, status: 429 }),
        void l.books.push({ ...pageOf(l, 1), id: 's-11', op: 11 })
      ),
    ],
  ],
};
