import { at, iso } from '../sound-ledger.ts';
import { finalRead, pageOf, portfolioMadeTwice, rampOf, post, type Plants } from './plant.ts';

/** What third parties were told, and told us. */
export const thirdParties: Plants = {
  'I-03': [
    ['an effect twice under one id', (l) => void (pageOf(l, 2).effects = 2)],
    ['a leg executed twice', (l) => void (rampOf(l, 5, 'off').effects = 2)],
    ['a payout debited twice', (l) => void (l.books.find(({ party }) => party === 'bank')!.effects = 2)],
    [
      'two idempotency keys for one leg',
      (l) => void (rampOf(l, 5, 'on').requests = ['a', 'b'].map((key) => ({ ...post(4_600, '201'), key }))),
    ],
    [
      'a second effect because the machine was slow',
      (l) => (
        void Object.assign(pageOf(l, 2), {
          effects: 2,
          statuses: [9_700, 9_900].map((ms) => ({ at: iso(ms), status: 'completed', cause: 'posted' })),
        }),
        void (l.cpu = [{ at: at(9_000), cores: { others: 1.9 } }])
      ),
    ],
    [
      'a portfolio made twice, before the first had failed',
      (l) => portfolioMadeTwice(l, ['NOT_STARTED', 'NOT_STARTED', 'FAILED']),
    ],
    ['an effect under two ids', (l) => void l.books.push({ ...pageOf(l, 1), id: 's-other' })],
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
      'a call 60 ms after it was told to wait',
      (l) =>
        void (pageOf(l, 2).requests = [{ ...post(4_510, '429'), retryAfterSeconds: 2 }, post(4_510 + 5 + 60, '200')]),
    ],
    [
      'a file sent inside the bank’s Retry-After',
      (l) => void (l.files[0]!.requests = [{ ...post(4_510, '503'), retryAfterSeconds: 1 }, post(5_000, '202')]),
    ],
    [
      'a file sent again while the call before was open',
      (l) => void (l.files[0]!.requests = [{ ...post(4_510, 'silence'), ms: 1_000 }, post(5_000, '202')]),
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
};
