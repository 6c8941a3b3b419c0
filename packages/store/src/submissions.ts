import type { Entry, ResultDraft, Status, StepName, Submission } from '@countersign/flow';

/** A submission with the body it was accepted with. */
export interface FoundSubmission {
  readonly submission: Submission;
  readonly body: string;
  readonly contentType: string;
}

export interface Wanted {
  /** Left out: of any client, and `id` may also be the submissionId (administrators). */
  readonly clientId?: string;
  readonly kind: string;
  /** The natural id; of a submission known by its idempotency key only, ours. */
  readonly id: string;
}

/** One of several submissions that clients gave the same id. */
export interface Namesake {
  readonly submissionId: string;
  readonly clientId: string;
}

export interface ListQuery {
  /** Left out: of all clients (administrators). */
  readonly clientId?: string;
  readonly kind: string;
  readonly status?: Status;
  /** Created at or after / at or before, in milliseconds (Unix epoch). */
  readonly from?: number;
  readonly to?: number;
  readonly limit: number;
  readonly cursor?: string;
}

export interface Page {
  readonly items: readonly FoundSubmission[];
  /** null: this was the last page. */
  readonly nextCursor: string | null;
}

/** A line of the timeline, in milliseconds of the database's clock. */
export interface TimelineEntry extends Entry {
  readonly at: number;
}

/** What came of an operator's wish. `next`: the tickets that carry it out; without them the sweep does, 15 s later. */
export type OperatorResult =
  | {
      readonly type: 'done';
      readonly submission: Submission;
      readonly next: readonly { readonly step: StepName; readonly leg?: string }[];
    }
  /** The state forbids it: 409, with `detail` for the operator. */
  | { readonly type: 'conflict'; readonly submission: Submission; readonly detail: string }
  | { readonly type: 'missing' };

export interface OperatorVerdict {
  readonly status: 'COMPLETED' | 'FAILED';
  readonly reason: string;
  readonly actor: string;
  /** For kinds with a results feed: what it says of this end. */
  readonly result?: ResultDraft;
}

export type Owned = Pick<Submission, 'clientId' | 'kind'>;

export interface Submissions {
  readonly find: (wanted: Wanted) => Promise<FoundSubmission | undefined>;
  /** Every client's submission under this natural id, newest first, at most 50: natural ids are per client. */
  readonly namesakes: (kind: string, naturalId: string) => Promise<readonly Namesake[]>;
  /** Newest first. @throws BadCursor. */
  readonly list: (query: ListQuery) => Promise<Page>;
  /** Oldest first, beginning with `accepted`. Empty where there is no such submission; `of` says where in the archive it may be. */
  readonly timeline: (submissionId: string, of?: Owned) => Promise<readonly TimelineEntry[]>;
  /** The bytes it came as, for kinds whose bodies are documents. */
  readonly document: (submission: Pick<Submission, 'id'> & Owned) => Promise<Uint8Array | undefined>;
  /**
   * Resolves true once the submission's status is another than `status`, false after `waitMs` or when the signal is
   * aborted. All waiters of a process share one query per 100 ms.
   */
  readonly waitForMove: (
    submissionId: string,
    status: Status,
    waitMs: number,
    signal?: AbortSignal,
  ) => Promise<boolean>;
  /** An operator's verdict on what is UNRESOLVED; the client is told. `actor` stands in the timeline. */
  readonly resolve: (submissionId: string, verdict: OperatorVerdict) => Promise<OperatorResult>;
  /**
   * Repeats what failed and only that: UNRESOLVED legs are tried again from the first attempt; the newest callback,
   * if it is dead, is sent again. Never repeats a settled effect.
   */
  readonly replay: (submissionId: string, actor: string) => Promise<OperatorResult>;
}
