import type { Op, Page, Story } from '../../src/ledger.ts';
import { page, story } from './books.ts';
import { op } from './clients.ts';
import { iso } from './moments.ts';

// One op of each other kind than transactions.

export interface Other {
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
export const others: readonly Other[] = [
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
export function storyOfOther({ own, state, pages }: Other): Story {
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
