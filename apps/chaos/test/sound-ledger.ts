import { SETTINGS } from '../src/settings.ts';
import { page, story, toldAgain, withWebhook } from './sound/books.ts';
import { accepted, delivery, op, post, probes, read } from './sound/clients.ts';
import { cutFromPostgres, frozenPostgres } from './sound/faults.ts';
import { at, iso, type Draft } from './sound/moments.ts';
import { others, storyOfOther } from './sound/others.ts';

export { at, iso, type Draft } from './sound/moments.ts';

/**
 * A small campaign in which all went well: op 1 completed although its PostgreSQL was cut and its first POST was answered 503,
 * op 2 was registered at the second try after a 504, op 3 was refused as invalid, op 4 was settled by webhook. Then one op of each
 * other kind: payments 5 (both ramps) and 6 (given back), receipts 7 and 8 (poison), payout 9, cost job 10. Every invariant looks at something.
 */
export function soundLedger(): Draft {
  const draft: Draft = {
    seed: 1,
    settings: SETTINGS,
    beganMs: at(0),
    healedMs: at(20_000),
    quietMs: at(30_000),
    ops: [
      op(1, 'completed'),
      op(2, '504-lost'),
      { ...op(3, 'completed'), valid: false },
      op(4, 'webhook-only'),
      ...others.map(({ own }) => own),
    ],
    attempts: [
      { ...post(1, 900), status: 503, retryAfter: '1', contentType: 'application/problem+json', problem: 'away' },
      accepted(1, 3_000),
      { ...accepted(1, 3_100), version: 2, state: 'PROCESSING' },
      { ...post(1, 3_200), body: 'other', status: 422, contentType: 'application/problem+json', problem: 'reuse' },
      accepted(2, 4_000),
      { ...post(3, 4_100), status: 400, contentType: 'application/problem+json', problem: 'bad amount' },
      accepted(4, 4_200),
      { ...accepted(1, 3_300), version: 2, state: 'PROCESSING', body: 'rekeyed' },
      ...others.map(({ own }) => accepted(own.n, 4_300)),
    ],
    readings: [
      read(1, 5_000, 'PROCESSING', 3),
      { ...read(1, 5_100, 'COMPLETED', 4), why: 'stranger', status: 404, contentType: 'application/problem+json' },
      ...[1, 2, 4].map((n) => read(n, 25_000, 'COMPLETED', 4)),
      ...others.map(({ own, state, code }) => ({
        ...read(own.n, 25_000, state, 4),
        errorCode: code,
        amount: own.amount,
      })),
    ],
    deliveries: [
      delivery(1, 6_000),
      delivery(2, 10_050),
      delivery(4, 6_500),
      ...others.map(({ own, state }) => ({
        ...delivery(own.n, 10_100),
        id: own.kind === 'payout' || own.kind === 'cost-job' ? own.id : `s-${own.n}`,
        state,
        type: `${own.kind}.${state.toLowerCase()}`,
        amount: own.amount,
      })),
      { ...delivery(2, 31_100), webhookId: 'w-2-again' },
    ],
    probes: probes(),
    injections: [cutFromPostgres, frozenPostgres],
    deploys: [],
    stops: [{ process: 'worker-1', at: at(2_000), ms: 800 }],
    cpu: [],
    growth: [5_000, 31_000].map((ms) => ({
      at: at(ms),
      processes: { 'api-1': { pid: 1, mb: 90, files: 40 } },
      redisMb: 5,
      connections: 30,
      idleInTransactionMs: 0,
    })),
    redrives: [
      {
        op: 2,
        letter: 'l-1',
        step: 'notify',
        answers: [202, ...Array.from({ length: 9 }, () => 409)],
        at: at(31_000),
        takenBefore: 1,
        stillThere: false,
      },
    ],
    canaries: [],
    load: { perSecond: 12, meanShare: 1 },
    stories: [
      story(1, [4_500]),
      toldAgain(story(2, [4_500, 9_600])),
      { ...story(4, [4_500]), entries: withWebhook(story(4, [4_500]).entries) },
      ...others.map(storyOfOther),
    ],
    books: [
      page(1, [4_510]),
      page(2, [4_510, 9_610]),
      { ...page(4, [4_510]), webhooks: [{ at: iso(5_000), status: 'completed', forged: false, outcome: '204' }] },
      ...others.flatMap(({ pages }) => pages),
    ],
    files: [
      {
        msgId: 'm-1',
        fate: '504-kept',
        hashes: { abc: 2 },
        keys: ['m-1'],
        sends: 2,
        effects: 1,
        payments: 1,
        requests: [],
      },
    ],
    listings: [
      {
        client: 'ada',
        kind: 'transaction',
        items: [1, 2, 4].map((n) => ({ id: `t-${n}`, submissionId: `s-${n}`, op: n })),
      },
      ...others.map(({ own }) => ({
        client: 'ada',
        kind: own.kind,
        items: [{ id: own.id, submissionId: `s-${own.n}`, op: own.n }],
      })),
    ],
    feeds: [{ client: 'ada', kind: 'cost-job', answers: [[{ op: 10, code: 200 }]] }],
    letters: [],
  };
  // Tests scribble in it: nothing of it may be another ledger's too.
  return structuredClone(draft);
}
