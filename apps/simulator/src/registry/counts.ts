import type { Tally } from '../tally.ts';

/** Numbers only; in the benchmark they are all that is kept. */
export interface Counts {
  requests: number;
  /** By what we answered: `200`, `404`, `504`, `silence`, `reset`, `abandoned` (the caller left first), ... */
  readonly posts: Tally;
  readonly looks: Tally;
  /** Records written. */
  effects: number;
  /** Records written under an id that had one: each is a transaction executed twice. */
  doubles: number;
  /** Effects that showed up after their POST was answered with 504. */
  lateEffects: number;
  /** By what they were answered with: `204`, `401`, `timeout`, `error`. */
  readonly webhooks: Tally;
  /** POSTs by fate. */
  readonly fates: Tally;
  /** Requests that came inside a Retry-After this registry had asked for (less 50 ms for the clocks). */
  tooSoon: number;
  /** POSTs and GETs being answered now, and at most. */
  inFlight: number;
  peakInFlight: number;
  clear(): void;
}

export function createCounts(): Counts {
  const counts: Counts = {
    requests: 0,
    posts: {},
    looks: {},
    effects: 0,
    doubles: 0,
    lateEffects: 0,
    webhooks: {},
    fates: {},
    tooSoon: 0,
    inFlight: 0,
    peakInFlight: 0,
    clear() {
      for (const tally of [counts.posts, counts.looks, counts.webhooks, counts.fates]) {
        for (const word of Object.keys(tally)) delete tally[word];
      }
      Object.assign(counts, { requests: 0, effects: 0, doubles: 0, lateEffects: 0, tooSoon: 0 });
      counts.peakInFlight = counts.inFlight;
    },
  };
  return counts;
}
