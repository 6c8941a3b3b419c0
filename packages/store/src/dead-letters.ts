/** What we gave up on, and why. */
export interface DeadLetter {
  readonly id: string;
  readonly submissionId: string;
  /** The `id` the client knows it by. */
  readonly naturalId: string;
  readonly clientId: string;
  readonly kind: string;
  readonly step: string;
  readonly leg: string | null;
  readonly provider: string | null;
  readonly code: string;
  readonly message: string;
  readonly at: number;
}

export interface DeadLetterFilter {
  readonly kind?: string;
  readonly provider?: string;
  /** The letter's `code`. */
  readonly error?: string;
  /** Written at or after / at or before, in milliseconds (Unix epoch). */
  readonly from?: number;
  readonly to?: number;
}

/** A replay of many, worked off by the worker that leads. */
export interface Replay {
  readonly id: string;
  readonly filter: DeadLetterFilter;
  readonly ratePerSecond: number;
  readonly actor: string;
  readonly total: number;
  readonly done: number;
  /** Of `done`, those whose state no longer allowed it. */
  readonly refused: number;
  readonly status: 'RUNNING' | 'DONE';
  readonly createdAt: number;
}

export interface DeadLetters {
  /** Those nothing has come of yet, newest first. @throws BadCursor. */
  readonly list: (
    filter: DeadLetterFilter & { readonly limit: number; readonly cursor?: string },
  ) => Promise<{ readonly items: readonly DeadLetter[]; readonly nextCursor: string | null }>;
  /** How many of them a filter means: the dry run. */
  readonly count: (filter: DeadLetterFilter) => Promise<number>;
  /** Orders the replay of all letters a filter means now; the worker's leader works it off. */
  readonly replay: (
    filter: DeadLetterFilter,
    order: { readonly ratePerSecond: number; readonly actor: string },
  ) => Promise<Replay>;
  readonly progress: (replayId: string) => Promise<Replay | undefined>;
  /**
   * For the leader, called about once a second: replays as many as the ordered rates allow since the last call (at most
   * one second's worth each). Their agenda is due at once, so the sweep makes the tickets. Returns how many it replayed.
   */
  readonly workOff: () => Promise<number>;
}
