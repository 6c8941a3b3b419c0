import type { Page, Story } from '../../src/ledger.ts';
import { iso } from './moments.ts';

// What timelines and third parties have of it.

export function story(n: number, tries: readonly number[]): Story {
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

/** Its dead callback was ordered again. */
export function toldAgain({ op, entries }: Story): Story {
  return {
    op,
    entries: [...entries, { at: iso(31_110), type: 'callback', statusCode: 200, requestId: `w-${op}-again` }],
  };
}

export function withWebhook(entries: Story['entries']): Story['entries'] {
  return [
    ...entries.slice(0, 4),
    { at: iso(5_000), type: 'webhook', provider: 'registry', to: 'done' },
    ...entries.slice(4),
  ];
}

export function page(n: number, posts: readonly number[]): Page {
  const requests = posts.map((ms, k) => ({
    at: iso(ms),
    method: 'POST',
    outcome: k + 1 < posts.length ? '504' : '200',
    ms: 5,
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
    requests: [
      { at: iso(4_450), method: 'GET', outcome: '404', ms: 5, retryAfterSeconds: null, key: null },
      ...requests,
    ],
    statuses: [{ at: iso(posts.at(-1) ?? 0), status: 'completed', cause: 'posted' }],
    webhooks: [],
  };
}
