import type { Attempt, Delivery, Ledger, Op, Page, Reading, Story } from '../src/ledger.ts';
import { SETTINGS } from '../src/settings.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
export const at = (ms: number): number => START + ms;
export const iso = (ms: number): string => new Date(at(ms)).toISOString();

type Loose<T> = { -readonly [K in keyof T]: T[K] };
/** A ledger that tests may scribble in. */
export type Draft = { -readonly [K in keyof Ledger]: Ledger[K] extends readonly (infer T)[] ? Loose<T>[] : Ledger[K] };

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
      delivery(2, 11_000),
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
    probes: Array.from({ length: 120 }, (_, n) =>
      ['live', 'ready'].map((what) => ({
        at: at(n * 250),
        ms: 2,
        process: 'api-1',
        what: what as 'live' | 'ready',
        status: statusOf(what, n * 250),
      })),
    ).flat(),
    injections: [
      {
        fault: 'cut',
        target: 'api-postgres',
        touches: ['postgres'],
        fromMs: at(800),
        toMs: at(2_500),
        graceMs: 5_000,
        pids: [],
        note: '',
        recoveries: [
          { what: 'first 202', ms: 500, boundMs: 5_000 },
          { what: 'first life', ms: 900, boundMs: 15_000 },
        ],
      },
      {
        fault: 'freeze',
        target: 'postgres',
        touches: ['postgres'],
        fromMs: at(12_000),
        toMs: at(19_500),
        graceMs: 5_000,
        pids: [7],
        note: '',
        recoveries: [],
      },
    ],
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
    stories: [
      story(1, [4_500]),
      story(2, [4_500, 9_600]),
      { ...story(4, [4_500]), entries: withWebhook(story(4, [4_500]).entries) },
      ...others.map(storyOfOther),
    ],
    books: [
      page(1, [4_510]),
      page(2, [4_510, 9_610]),
      { ...page(4, [4_510]), webhooks: [{ at: iso(5_000), status: 'completed', forged: false, outcome: '204' }] },
      ...others.flatMap(({ pages }) => pages),
    ],
    files: [{ msgId: 'm-1', fate: '504-kept', hashes: { abc: 2 }, keys: ['m-1'], sends: 2, effects: 1, payments: 1 }],
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

interface Other {
  readonly own: Op;
  readonly state: string;
  readonly code: string | null;
  readonly pages: readonly Page[];
}

const ramp = (n: number, leg: string, part: Partial<Page>): Page => ({
  ...page(n, [4_510]),
  party: leg === 'off' ? 'off-ramp' : 'on-ramp',
  leg,
  id: `s-${n}:${leg}`,
  status: 'payment_processed',
  ...part,
});
const authority = (n: number, party: string): Page => ({
  ...page(n, [4_510]),
  party,
  leg: party,
  status: 'DONE',
  amount: null,
});
const others: readonly Other[] = [
  {
    own: { ...op(5, 'on-ramp=processed'), kind: 'payment' },
    state: 'COMPLETED',
    code: null,
    pages: [
      ramp(5, 'on', { paidOut: '5.1975' }),
      ramp(5, 'off', {
        amount: '5.1975',
        webhooks: [{ at: iso(5_000), status: 'payment_processed', forged: false, outcome: '200' }],
      }),
    ],
  },
  {
    own: { ...op(6, 'off-ramp=canceled'), kind: 'payment' },
    state: 'FAILED',
    code: 'CANCELED',
    pages: [
      ramp(6, 'on', { paidOut: '6.1875' }),
      ramp(6, 'off', { amount: '6.1875', status: 'canceled' }),
      ramp(6, 'reverse', { amount: '6.1875' }),
    ],
  },
  {
    own: { ...op(7, 'done'), kind: 'receipt', amount: '' },
    state: 'COMPLETED',
    code: null,
    pages: [authority(7, 'tax'), authority(7, 'warehouse')],
  },
  {
    own: { ...op(8, 'poison-entities'), kind: 'receipt', amount: '' },
    state: 'FAILED',
    code: 'INVALID_RECEIPT',
    pages: [],
  },
  {
    own: { ...op(9, 'settled'), kind: 'payout' },
    state: 'COMPLETED',
    code: null,
    pages: [{ ...page(9, []), party: 'bank', leg: 'bank', status: 'ACSC', requests: [], msgIds: ['m-1'] }],
  },
  { own: { ...op(10, 'has costs'), kind: 'cost-job', amount: '' }, state: 'COMPLETED', code: null, pages: [] },
];

/** Its timeline, with a try for each page. */
function storyOfOther({ own, state, pages }: Other): Story {
  const [first, second, , , ...rest] = story(own.n, [4_500]).entries;
  const tries = pages.map(({ party }) => [
    { at: iso(4_500), type: 'attempt.started', provider: party, attempt: 1 },
    { at: iso(4_550), type: 'attempt', provider: party, attempt: 1, to: 'done' },
  ]);
  const heard = pages.flatMap(({ party, webhooks }) =>
    webhooks.map(() => ({ at: iso(5_000), type: 'webhook', provider: party, to: 'done' })),
  );
  const ends = rest.map((one) => (one.type === 'status' ? { ...one, to: state } : one));
  const entries = [first, second, ...tries.flat(), ...heard, ...ends].filter((one) => one !== undefined);
  return { op: own.n, entries: entries.sort((a, b) => a.at.localeCompare(b.at)) };
}

function statusOf(what: string, ms: number): number {
  const away = (ms > 12_500 && ms < 20_000) || (ms > 1_000 && ms < 2_600);
  return what === 'ready' && away ? 503 : 200;
}

function op(n: number, fate: string): Op {
  return {
    n,
    kind: 'transaction',
    client: 'ada',
    id: `t-${n}`,
    fate,
    amount: `${n}.25`,
    letterbox: 'ok',
    valid: true,
    purpose: 'load',
  };
}

function post(n: number, ms: number): Attempt {
  return { op: n, at: at(ms), ms: 20, api: 'api-1', body: 'own', outcome: 'answered' };
}

function accepted(n: number, ms: number): Attempt {
  return {
    ...post(n, ms),
    status: 202,
    contentType: 'application/json',
    submissionId: `s-${n}`,
    state: 'PENDING',
    version: 1,
  };
}

function read(n: number, ms: number, state: string, version: number): Reading {
  const why = ms >= 20_000 ? 'final' : 'watch';
  return {
    op: n,
    at: at(ms),
    ms: 5,
    api: 'api-1',
    why,
    status: 200,
    contentType: 'application/json',
    submissionId: `s-${n}`,
    state,
    version,
    errorCode: null,
    amount: `${n}.25`,
  };
}

function delivery(n: number, ms: number): Delivery {
  return {
    at: at(ms),
    client: 'ada',
    op: n,
    id: `t-${n}`,
    webhookId: `w-${n}`,
    type: 'transaction.completed',
    submissionId: `s-${n}`,
    state: 'COMPLETED',
    version: 4,
    sha: `sha-${n}`,
    signature: 'good',
    skewMs: 300,
    answered: 200,
    amount: `${n}.25`,
  };
}

function story(n: number, tries: readonly number[]): Story {
  return {
    op: n,
    entries: [
      { at: iso(4_300), type: 'accepted' },
      { at: iso(4_400), type: 'status', from: 'PENDING', to: 'PROCESSING' },
      ...tries.flatMap((ms, k) => [
        { at: iso(ms), type: 'attempt.started', provider: 'registry', attempt: k + 1 },
        {
          at: iso(ms + 50),
          type: 'attempt',
          provider: 'registry',
          attempt: k + 1,
          to: k + 1 < tries.length ? 'unclear' : 'done',
        },
      ]),
      { at: iso(10_000), type: 'status', from: 'PROCESSING', to: 'COMPLETED' },
      { at: iso(10_100), type: 'callback', statusCode: 200, requestId: `w-${n}` },
    ],
  };
}

function withWebhook(entries: Story['entries']): Story['entries'] {
  return [
    ...entries.slice(0, 4),
    { at: iso(5_000), type: 'webhook', provider: 'registry', to: 'done' },
    ...entries.slice(4),
  ];
}

function page(n: number, posts: readonly number[]): Page {
  const requests = posts.map((ms, k) => ({
    at: iso(ms),
    method: 'POST',
    outcome: k + 1 < posts.length ? '504' : '200',
    retryAfterSeconds: null,
    key: null,
  }));
  return {
    party: 'registry',
    leg: 'registry',
    id: `s-${n}`,
    op: n,
    fate: 'completed',
    posts: posts.length,
    effects: 1,
    status: 'completed',
    amount: `${n}.25`,
    paidOut: null,
    msgIds: [],
    requests: [{ at: iso(4_450), method: 'GET', outcome: '404', retryAfterSeconds: null, key: null }, ...requests],
    statuses: [{ at: iso(posts.at(-1) ?? 0), status: 'completed', cause: 'posted' }],
    webhooks: [],
  };
}
