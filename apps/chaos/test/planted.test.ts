import { expect, test } from 'vitest';
import { discoverInvariants, judge } from '../src/invariant.ts';
import type { Ledger } from '../src/ledger.ts';
import { at, iso, soundLedger, type Draft } from './sound-ledger.ts';

const invariants = await discoverInvariants();

test('a sound campaign breaks nothing, and every invariant has looked at something', () => {
  const verdicts = judge(soundLedger(), invariants);
  expect(verdicts.flatMap(({ violations }) => violations)).toEqual([]);
  expect(verdicts.filter(({ checked }) => checked === 0).map(({ id }) => id)).toEqual([]);
});

/** What is done to a sound ledger, and who must see it (others may see it too). */
const PLANTED: Record<string, readonly [string, (ledger: Draft) => void][]> = {
  'I-01': [
    ['an accepted op that never ends', (l) => Object.assign(finalRead(l, 1), { state: 'PROCESSING', version: 3 })],
    ['UNRESOLVED where the third party answered', (l) => Object.assign(finalRead(l, 1), { state: 'UNRESOLVED' })],
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
  'I-03': [
    ['an effect twice under one id', (l) => void (pageOf(l, 2).effects = 2)],
    ['a leg executed twice', (l) => void (rampOf(l, 5, 'off').effects = 2)],
    ['a payout debited twice', (l) => void (l.books.find(({ party }) => party === 'bank')!.effects = 2)],
    [
      'two idempotency keys for one leg',
      (l) => void (rampOf(l, 5, 'on').requests = ['a', 'b'].map((key) => ({ ...post(4_600, '201'), key }))),
    ],
    ['an effect under two ids', (l) => void l.books.push({ ...pageOf(l, 1), id: 's-other' })],
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
  'I-10': [
    ['no accepted at its beginning', (l) => void (l.stories[0]!.entries = l.stories[0]!.entries.slice(1))],
    [
      'two ends',
      (l) =>
        void (l.stories[0]!.entries = [
          ...l.stories[0]!.entries,
          { at: iso(9_000), type: 'status', from: 'PROCESSING', to: 'COMPLETED' },
        ]),
    ],
    [
      'a POST without an intent before it',
      (l) =>
        void (l.stories[1]!.entries = l.stories[1]!.entries.filter(
          ({ type, attempt }) => type !== 'attempt.started' || attempt !== 2,
        )),
    ],
    [
      'an intent written after its POST',
      (l) =>
        void (l.stories[0]!.entries = l.stories[0]!.entries.map((one) =>
          one.type === 'attempt.started' ? { ...one, at: iso(4_590) } : one,
        )),
    ],
    [
      'a try without an outcome',
      (l) => void (l.stories[0]!.entries = l.stories[0]!.entries.filter(({ type }) => type !== 'attempt')),
    ],
    [
      'times out of order',
      (l) =>
        void (l.stories[0]!.entries = l.stories[0]!.entries.map((one) =>
          one.type === 'callback' ? { ...one, at: iso(1) } : one,
        )),
    ],
  ],
  'I-11': [
    ['no callback at all', (l) => void (l.deliveries = l.deliveries.filter(({ op }) => op !== 1))],
    ['a callback of another status only', (l) => void (l.deliveries[0]!.state = 'FAILED')],
    ['a bad signature', (l) => void (l.deliveries[0]!.signature = 'another key or other bytes')],
    ['other bytes under the same id', (l) => void l.deliveries.push({ ...l.deliveries[0]!, sha: 'other' })],
    ['a timestamp ten minutes off', (l) => void (l.deliveries[0]!.skewMs = 600_000)],
    ['every delivery was refused', (l) => void (l.deliveries[0]!.answered = 500)],
  ],
  'I-12': [
    [
      'a GET behind the callback',
      (l) =>
        void l.readings.push({
          ...finalRead(l, 1),
          at: at(6_001),
          state: 'PROCESSING',
          version: 3,
          why: 'on-callback',
        }),
    ],
    [
      'an older callback after a newer',
      (l) =>
        void l.deliveries.push({
          ...l.deliveries[0]!,
          at: at(7_000),
          webhookId: 'w-old',
          version: 3,
          type: 'transaction.pending',
        }),
    ],
  ],
  'I-13': [
    [
      'on-ramp done, nothing after it',
      (l) => void (l.books = l.books.filter(({ op, leg }) => op !== 5 || leg === 'on')),
    ],
    [
      'paid out and given back',
      (l) => void l.books.push({ ...rampOf(l, 6, 'reverse'), id: 's-5:reverse', op: 5, amount: '5.1975' }),
    ],
    ['a millionth lost on the way', (l) => void (rampOf(l, 5, 'off').amount = '5.197499')],
  ],
  'I-14': [
    ['two bodies under one MsgId', (l) => void (l.files[0]!.hashes = { abc: 1, def: 1 })],
    ['another key than the MsgId', (l) => void (l.files[0]!.keys = ['m-2'])],
    ['101 payments', (l) => void (l.files[0]!.payments = 101)],
    ['a payout in two files', (l) => void (l.books.find(({ party }) => party === 'bank')!.msgIds = ['m-1', 'm-2'])],
    [
      'debited, and the payout is not COMPLETED',
      (l) => Object.assign(finalRead(l, 9), { state: 'FAILED', errorCode: 'RJCT' }),
    ],
  ],
  'I-16': [
    ['an end without a result', (l) => void (l.feeds = [])],
    ['a result twice', (l) => void (l.feeds[0]!.answers = [[{ op: 10, code: 200 }], [{ op: 10, code: 200 }]])],
    ['eleven at once', (l) => void (l.feeds[0]!.answers = [Array.from({ length: 11 }, () => ({ op: 10, code: 200 }))])],
  ],
  'I-17': [
    [
      'money that came back, and nobody was told',
      (l) =>
        void (rampOf(l, 5, 'off').webhooks = [{ at: iso(5_000), status: 'returned', forged: false, outcome: '200' }]),
    ],
    ['an accepted webhook without effect', (l) => Object.assign(finalRead(l, 4), { state: 'UNRESOLVED' })],
    [
      'an accepted webhook missing in the timeline',
      (l) => void (l.stories[2]!.entries = l.stories[2]!.entries.filter(({ type }) => type !== 'webhook')),
    ],
    [
      'a forged webhook accepted',
      (l) => void (pageOf(l, 4).webhooks = [{ at: iso(5_000), status: 'declined', forged: true, outcome: '204' }]),
    ],
  ],
  'I-18': [
    [
      'told again inside the window',
      (l) =>
        void (l.stories[1]!.entries = l.stories[1]!.entries.map((one) =>
          one.type === 'attempt.started' && one.attempt === 2 ? { ...one, at: iso(9_400) } : one,
        )),
    ],
    ['five tries', (l) => void (pageOf(l, 2).requests = [0, 1, 2, 3, 4].map((n) => post(n * 4_000, '504')))],
    [
      'a call inside a Retry-After',
      (l) => void (pageOf(l, 2).requests = [{ ...post(4_510, '429'), retryAfterSeconds: 2 }, post(5_510, '200')]),
    ],
    [
      '31 looks',
      (l) =>
        void (pageOf(l, 1).requests = Array.from({ length: 31 }, (_, n) => ({
          ...post(n * 1_000, '404'),
          method: 'GET',
        }))),
    ],
  ],
  'I-19': [
    ['a stranger read it', (l) => void (l.readings.find(({ why }) => why === 'stranger')!.status = 200)],
    ['a callback at another client’s URL', (l) => void (l.deliveries[0]!.client = 'bob')],
    [
      'another client’s submission in a list',
      (l) =>
        void l.listings.push({
          client: 'bob',
          kind: 'transaction',
          items: [{ id: 't-1', submissionId: 's-1', op: 1 }],
        }),
    ],
  ],
  'I-20': [['somebody followed a DOCTYPE', (l) => void l.canaries.push('GET /canary')]],
  'I-21': [
    ['Redis holds more', (l) => void (l.growth[1]!.redisMb = 50)],
    ['connections are left', (l) => void (l.growth[1]!.connections = 41)],
    ['files are left', (l) => void (l.growth[1]!.processes = { 'api-1': { pid: 1, mb: 90, files: 51 } })],
    ['idle in transaction', (l) => ((l.injections = []), void (l.growth[1]!.idleInTransactionMs = 5_001))],
    [
      'a process gets fatter',
      (l) =>
        void (l.growth = Array.from({ length: 60 }, (_, n) => ({
          ...l.growth[0]!,
          at: at(n * 30_000),
          processes: { 'api-1': { pid: 1, mb: 90 + n, files: 40 } },
        }))),
    ],
  ],
  'I-22': [
    ['too late', (l) => void (l.injections[0]!.recoveries = [{ what: 'first 202', ms: 5_001, boundMs: 5_000 }])],
    ['never', (l) => void (l.injections[0]!.recoveries = [{ what: 'first life', ms: null, boundMs: 5_000 }])],
    ['asked to end and had to be killed', (l) => void (l.stops[0]!.ms = null)],
  ],
  'I-23': [
    ['a 500', (l) => void Object.assign(l.attempts[5]!, { status: 500 })],
    ['an error that is no problem document', (l) => void Object.assign(l.attempts[5]!, { contentType: 'text/html' })],
    ['503 while PostgreSQL was left alone', (l) => void l.attempts.push({ ...l.attempts[0]!, at: at(10_000) })],
    ['503 without Retry-After', (l) => void delete l.attempts[0]!.retryAfter],
    [
      'no answer from an API that was left alone',
      (l) => void l.attempts.push({ op: 1, at: at(10_000), ms: 3, api: 'api-1', body: 'own', outcome: 'cut' }),
    ],
    ['an answer after 16 s', (l) => void (l.attempts[1]!.ms = 16_000)],
  ],
  'I-24': [
    [
      'ready although PostgreSQL has been frozen for 6 s',
      (l) => void (l.probes.find((one) => one.what === 'ready' && one.at === at(18_000))!.status = 200),
    ],
    [
      'not ready long after PostgreSQL is back',
      (l) => l.probes.filter((one) => one.what === 'ready' && one.at > at(19_600)).forEach((one) => (one.status = 503)),
    ],
    [
      'not alive and left alone',
      (l) => void (l.probes.find((one) => one.what === 'live' && one.at === at(9_000))!.status = null),
    ],
  ],
  'I-25': [
    [
      'a poisoned document without an end',
      (l) => Object.assign(finalRead(l, 8), { state: 'PROCESSING', errorCode: null }),
    ],
    [
      'a poisoned document was told to somebody',
      (l) => void l.books.push({ ...pageOf(l, 1), party: 'tax', leg: 'tax', id: 's-8', op: 8 }),
    ],
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
  'I-27': [
    ['its callback came twice', (l) => void l.deliveries.push({ ...l.deliveries.at(-1)! })],
    ['its callback never came', (l) => void l.deliveries.pop()],
    ['the letter is still there', (l) => void (l.redrives[0]!.stillThere = true)],
    ['an order was answered 500', (l) => void (l.redrives[0]!.answers = [202, 500])],
  ],
  'I-28': [
    ['delivered by the timeline, unseen by the letterbox', (l) => void (l.deliveries[0]!.webhookId = 'w-another')],
    [
      'attempts the timeline does not know',
      (l) => [1, 2, 3].forEach((n) => l.deliveries.push({ ...l.deliveries[1]!, at: at(9_000 + n) })),
    ],
  ],
  'I-30': [
    ['a cent less in a callback', (l) => void (l.deliveries[0]!.amount = '1.24')],
    ['another amount at the ramp', (l) => void (rampOf(l, 5, 'on').amount = '5.2')],
    ['a payout of another amount', (l) => void (l.books.find(({ party }) => party === 'bank')!.amount = '9.250')],
  ],
};

test('every invariant has planted violations', () => {
  expect(Object.keys(PLANTED)).toEqual(invariants.map(({ id }) => id));
});

for (const [id, plants] of Object.entries(PLANTED)) {
  for (const [what, plant] of plants) {
    test(`${id} sees: ${what}`, () => {
      const ledger = soundLedger();
      plant(ledger);
      const broken = judge(ledger as Ledger, invariants).flatMap(({ violations }) => violations);
      expect(broken.map((one) => one.id)).toContain(id);
    });
  }
}

function finalRead(ledger: Draft, op: number) {
  return ledger.readings.find((one) => one.op === op && one.why === 'final')!;
}

function pageOf(ledger: Draft, op: number) {
  return ledger.books.find(({ id }) => id === `s-${op}`)!;
}

function rampOf(ledger: Draft, op: number, leg: string) {
  return ledger.books.find((one) => one.op === op && one.leg === leg)!;
}

function post(ms: number, outcome: string) {
  return { at: iso(ms), method: 'POST', outcome, retryAfterSeconds: null, key: null };
}
