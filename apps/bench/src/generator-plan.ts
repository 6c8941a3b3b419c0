/** What the generator is told to send. Ids are `<prefix>-<index>`. */
export interface Plan {
  readonly url: string;
  readonly key: string;
  readonly prefix: string;
  /** What is sent; transactions unless told. */
  readonly kind?: 'transaction' | 'receipt';
  readonly count: number;
  /** `open`: at times fixed beforehand. `full`: `inFlight` requests at every moment. `single`: the next when told to. */
  readonly mode: 'open' | 'full' | 'single';
  readonly perSecond: number;
  readonly inFlight: number;
  readonly bodyBytes: number;
  readonly callbackUrl: string;
}

/** Times are those of `nowMs()`. */
export interface Result {
  /** When each was meant to be sent: latency counts from here, so that a stall of ours or theirs is not hidden. */
  readonly intendedMs: Float64Array;
  /** Answered after the intended time; NaN: not a 202. */
  readonly latencyMs: Float64Array;
  /** Everything but 202, by status or error. */
  readonly failures: Record<string, number>;
  readonly beganMs: number;
  readonly endedMs: number;
}

export type ToGenerator = { readonly plan: Plan } | { readonly next: true };
export type FromGenerator = { readonly progress: number } | { readonly result: Result };
