import { at } from '../sound-ledger.ts';
import { finalRead, type Plants } from './plant.ts';

/** What clients are told. */
export const callbacks: Plants = {
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
  'I-16': [
    ['an end without a result', (l) => void (l.feeds = [])],
    ['a result twice', (l) => void (l.feeds[0]!.answers = [[{ op: 10, code: 200 }], [{ op: 10, code: 200 }]])],
    ['eleven at once', (l) => void (l.feeds[0]!.answers = [Array.from({ length: 11 }, () => ({ op: 10, code: 200 }))])],
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
  'I-27': [
    ['its callback came twice', (l) => void l.deliveries.push({ ...l.deliveries.at(-1)! })],
    ['its callback never came', (l) => void l.deliveries.pop()],
    ['the letter is still there', (l) => void (l.redrives[0]!.stillThere = true)],
    ['an order was answered 500', (l) => void (l.redrives[0]!.answers = [202, 500])],
  ],
  'I-28': [
    ['delivered by the timeline, unseen by the letterbox', (l) => void (l.deliveries[0]!.webhookId = 'w-another')],
    [
      'an attempt left unanswered that the timeline does not know',
      (l) => void l.deliveries.push({ ...l.deliveries[1]!, at: at(9_000), answered: 'silence' }),
    ],
    [
      'attempts the timeline does not know, while only Redis was away',
      (l) => (
        (l.injections = [
          { ...l.injections[0]!, target: 'redis', touches: ['redis'], fromMs: at(10_000), toMs: at(12_000) },
        ]),
        void l.deliveries.push({ ...l.deliveries[1]!, at: at(11_100) })
      ),
    ],
    [
      'attempts the timeline does not know',
      (l) => [1, 2, 3].forEach((n) => l.deliveries.push({ ...l.deliveries[1]!, at: at(9_000 + n) })),
    ],
  ],
};
