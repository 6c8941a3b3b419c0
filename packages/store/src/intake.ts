import type { JsonObject, Submission } from '@countersign/flow';

/** A judged submission, as the door hands it over. */
export interface Draft {
  /** Made by the door with `newId()`; the same id again is the same acceptance, not a duplicate. */
  readonly id: string;
  readonly kind: string;
  readonly clientId: string;
  /** The client's own id or idempotency key; unique per client and kind, for ever. */
  readonly naturalId: string;
  /** Hex of a digest of the canonical body: tells a repeat from a reuse. */
  readonly fingerprint: string;
  /** Exact text of the body. */
  readonly body: string;
  /** Of a kind whose bodies are documents: its bytes as they came. `body` is then empty. */
  readonly bytes?: Uint8Array;
  /** Top-level fields it is accepted with. */
  readonly facts?: JsonObject;
  readonly contentType: string;
  readonly callbackUrl: string | null;
  readonly traceparent: string | null;
  /** The door means to enqueue it itself now; false leaves it to the dispatcher. */
  readonly queued: boolean;
}

export type Accepted =
  | { readonly type: 'created'; readonly createdAt: number }
  /** The same request came before: as it stands now, with the body of the first. */
  | { readonly type: 'replayed'; readonly submission: Submission; readonly body: string; readonly contentType: string }
  /** The same key came before with another body. */
  | { readonly type: 'reused'; readonly submission: Submission };

export interface Intake {
  /**
   * Commits a submission, with others that arrive at the same time. Of N parallel duplicates exactly one creates. Once
   * it answers, the row is durable.
   * @throws StoreAway, StoreBusy.
   */
  readonly accept: (draft: Draft) => Promise<Accepted>;
  /** After an enqueue that failed: the dispatcher may have them at once. Best effort, never throws. */
  readonly unqueue: (ids: readonly string[]) => Promise<void>;
}
