import type { Submission } from '@countersign/flow';

/** A submission waiting for its first ticket. */
export interface Dispatch {
  readonly id: string;
  readonly kind: string;
  readonly clientId: string;
  readonly traceparent: string | null;
}

/** A submission nobody moved in time, with all that says which ticket it needs. */
export interface Overdue {
  readonly submission: Submission;
  /** A callback is waiting and due. */
  readonly callbackDue: boolean;
  /** Ids of accepted webhooks that are not applied yet. */
  readonly webhooks: readonly { readonly id: string; readonly leg: string }[];
}

/** What is not finished, and when somebody should look at it: for the dispatcher and the sweep. */
export interface Agenda {
  /**
   * Takes up to `room` submissions that have no ticket yet, oldest first, the same number of each client (round robin),
   * and counts them as queued. Safe from several processes.
   */
  readonly take: (room: number) => Promise<readonly Dispatch[]>;
  /**
   * Takes up to `limit` submissions that are overdue and for which something is really due now; each is put off by
   * `againInMs` (default 15 s). Only what is overdue by more than `patienceMs` (default 0). Those with nothing due yet are put off to when it is, those with nothing left are struck off.
   */
  readonly overdue: (
    limit: number,
    options?: { readonly againInMs?: number; readonly patienceMs?: number },
  ) => Promise<readonly Overdue[]>;
  /** Sets when the sweep looks at them again. */
  readonly push: (ids: readonly string[], inMs: number) => Promise<void>;
  /** Gives tickets back to the dispatcher that could not be handed out. */
  readonly unqueue: (ids: readonly string[]) => Promise<void>;
  /**
   * After all of Redis was lost: makes everything unfinished whose turn is not recorded as later due now.
   * Returns how many.
   */
  readonly recall: () => Promise<number>;
}
