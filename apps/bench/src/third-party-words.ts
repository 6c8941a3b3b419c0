/** What the third party's process is told, and what it says. */
export type ToThirdParty =
  /** Forgets everything; callbacks of `<prefix>-<index>` are counted by prefix from now on. */
  | { readonly reset: { readonly answerMs: number; readonly tellsEach: boolean } }
  | { readonly report: readonly string[] };

export interface Seen {
  /** By prefix: when the first callback of each index came (`nowMs()`); NaN: none. */
  readonly arrivedMs: Record<string, Float64Array>;
  /** Callbacks beyond the first of the same id. */
  readonly repeated: number;
  readonly posts: number;
  readonly looks: number;
  /** POSTs of an id that was already there: a transaction executed twice. */
  readonly doubles: number;
  readonly peakInFlight: number;
}

export type FromThirdParty =
  | { readonly listening: number }
  | { readonly counts: Record<string, number> }
  | { readonly callback: string }
  | { readonly seen: Seen }
  | { readonly done: 'reset' };
