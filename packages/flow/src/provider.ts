import type { JsonObject } from './json.ts';
import type { PollPolicy, RetryPolicy } from './retry.ts';
import type { Failure, LoadedSubmission, Registration } from './submission.ts';

/** What we need to speak to a third party about one registration. */
export interface Ask {
  readonly submission: LoadedSubmission;
  readonly registration: Registration;
  /** Where the third party may post its progress; its last part is unguessable where it cannot sign. */
  readonly webhookUrl: string;
  readonly signal: AbortSignal;
  /**
   * When telling: asked when the first byte is about to leave. False: this try's time is over (the process stood still since the
   * intent, and another may be at it), so nothing leaves.
   */
  readonly isStillDue?: () => boolean;
  /** When telling: the bytes as they came, for kinds whose bodies are documents. */
  readonly document?: () => Promise<Uint8Array>;
}

/** The traces of one call, for the timeline. */
export interface Evidence {
  readonly requestId: string;
  readonly statusCode?: number;
  readonly durationMs: number;
  readonly error?: string;
}

/**
 * A third party's word in ours. The default is *keep looking*: only explicit words settle, an unknown word is `pending`.
 *
 * - `done`, `refused`: settled in their books.  `pending`: in their books, not settled.
 * - `stuck`: in their books, but no end will come by itself (a person must look): UNRESOLVED.
 * - `none`: they say they have no such thing.
 * - `rejected`: they refused the call itself for good (a 4xx but 408, 425, 429).
 * - `unclear`: no usable answer. `effect: 'none'` only when it is certain nothing happened there.
 * - `busy`: we did not call, our own limits for this destination are used up.
 */
export type Word =
  | { readonly type: 'done'; readonly reference?: string; readonly facts?: JsonObject }
  | { readonly type: 'refused'; readonly reference?: string; readonly failure: Failure; readonly facts?: JsonObject }
  | {
      readonly type: 'pending';
      readonly reference?: string;
      readonly facts?: JsonObject;
      /** Their own word for it, for the timeline. */
      readonly said?: string;
    }
  | { readonly type: 'stuck'; readonly reference?: string; readonly failure: Failure; readonly facts?: JsonObject }
  | { readonly type: 'none' }
  | { readonly type: 'rejected'; readonly failure: Failure; readonly facts?: JsonObject }
  | {
      readonly type: 'unclear';
      readonly effect: 'none' | 'maybe';
      readonly reason: string;
      readonly retryAfterMs?: number;
      readonly facts?: JsonObject;
    }
  | { readonly type: 'busy'; readonly forMs: number };

export type Answer = Word & { readonly evidence: Evidence };

/** A third party as the steps see it: ask what it knows, tell it once. Policies come from its environment settings. */
export interface Provider {
  readonly name: string;
  readonly retry: RetryPolicy;
  readonly poll: PollPolicy;
  /** One HTTP call's time-out. */
  readonly timeoutMs: number;
  /** For so long after its first use a key told again has one effect; then the very first try needs no look before it. */
  readonly idempotentForMs?: number;
  /** false: what nobody has told them yet needs no look. Any later try looks first all the same. */
  readonly looksFirst?: boolean;
  readonly look: (ask: Ask) => Promise<Answer>;
  readonly tell: (ask: Ask) => Promise<Answer>;
}
