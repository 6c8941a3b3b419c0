import type { Definition } from './plan.ts';
import type { Change, Entry } from './change.ts';
import type { Identity, Snapshot } from './resource.ts';
import type { LoadedSubmission, Submission } from './submission.ts';
import type { Word } from './provider.ts';

/** A third party's webhook, proven and committed by the door, waiting to be applied. */
export interface KeptWebhook {
  readonly id: string;
  readonly submissionId: string;
  readonly leg: string;
  readonly word: Word;
  readonly applied: boolean;
}

/** A callback claimed for one attempt, with all that is needed to post it. */
export interface ClaimedCallback {
  /** `webhook-id`: the same over all attempts. */
  readonly id: string;
  readonly type: string;
  readonly url: string;
  readonly clientId: string;
  /** This attempt's number, from 1. */
  readonly attempt: number;
  /** The bytes of the first attempt, kept once that failed; null on the first. */
  readonly body: string | null;
  readonly createdAt: number;
  readonly identity: Identity;
  readonly snapshot: Snapshot;
  /** The accepted body as JSON text, for the first attempt. */
  readonly requestJson: string;
  /** `whsec_…`, newest first; two while a rotation overlaps. */
  readonly secrets: readonly string[];
}

/** What the notify step finds when it asks for its next callback. */
export type CallbackClaim =
  | { readonly type: 'claimed'; readonly callback: ClaimedCallback }
  /** One is due later, or another holder is at it: ask again in `inMs`. */
  | { readonly type: 'later'; readonly inMs: number }
  /** None is waiting. `settled`: the submission itself has its end. */
  | { readonly type: 'none'; readonly settled: boolean };

export type CallbackEnd =
  | { readonly type: 'delivered' }
  | { readonly type: 'retry'; readonly inMs: number; readonly body: string }
  | { readonly type: 'dead'; readonly code: string; readonly message: string; readonly body: string }
  /** 410: this URL is disabled for this client until it is set again. */
  | { readonly type: 'gone'; readonly body: string }
  /** We did not post (our own limits): the attempt does not count. */
  | { readonly type: 'unspent'; readonly inMs: number };

/** The cellar as the steps see it. Every method is one statement, shared with other jobs' where they come together. */
export interface Cellar {
  readonly load: (id: string) => Promise<LoadedSubmission | undefined>;
  /**
   * Compare-and-set on `submission.version`: writes the change whole, or nothing. Returns the submission as it now
   * stands, or undefined when somebody else has moved it since it was read.
   */
  readonly commit: <S extends Submission>(submission: S, change: Change) => Promise<S | undefined>;
  readonly webhook: (id: string) => Promise<KeptWebhook | undefined>;
  /** The bytes of a submission whose body is a document; undefined for the others. */
  readonly document: (id: string) => Promise<Uint8Array | undefined>;
  /** The newest version of each of a kind's definitions, as they stand at this moment. */
  readonly definitions: (kind: string) => Promise<readonly Definition[]>;
  /**
   * Claims the next callback of a submission for `leaseMs`. Oldest first; one that has failed and is overtaken by a
   * newer one is superseded, so an older state never arrives after a newer. The same holder may claim again at once.
   */
  readonly claimCallback: (submissionId: string, holder: string, leaseMs: number) => Promise<CallbackClaim>;
  /** Ends an attempt: the row, its timeline entry, the agenda and the dead letter together. */
  readonly endCallback: (callback: ClaimedCallback, holder: string, end: CallbackEnd, entry: Entry) => Promise<void>;
}

/** What came of posting a callback once. */
export type Delivery = {
  readonly statusCode?: number;
  readonly durationMs: number;
  readonly error?: string;
  readonly retryAfterMs?: number;
} & (
  | { readonly type: 'delivered' | 'gone' | 'failed' }
  /** Not sent, and no attempt of the endpoint's. */
  | { readonly type: 'busy'; readonly forMs: number; readonly why?: string }
);

/** Signs and posts; knows the guard and the limits per destination. */
export interface Letterbox {
  readonly post: (
    callback: Pick<ClaimedCallback, 'id' | 'url' | 'secrets' | 'clientId'>,
    body: string,
    how: {
      readonly traceparent: string | null;
      readonly signal: AbortSignal;
      /** Asked when the first byte is about to leave; false: the claim may have ended, and nothing leaves. */
      readonly isStillDue: () => boolean;
    },
  ) => Promise<Delivery>;
}
