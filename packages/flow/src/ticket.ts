import type { StepName } from './step.ts';

/** Job data: which submission, which step, never the payload. `v` lets old workers refuse what they do not know. */
export interface Ticket {
  readonly v: 1;
  readonly step: StepName;
  /** The submission's id. */
  readonly id: string;
  readonly kind: string;
  /** Whose it is, where whoever made the ticket knew: a crowd gives way to others' light visits, not to its own. */
  readonly client?: string;
  readonly leg?: string;
  /** The accepted webhook a `settle` ticket speaks of. */
  readonly webhook?: string;
  /** Sets a `notify` ticket apart from others of the same submission: the version it was made for. */
  readonly about?: string;
  /** Why the flow's child was given up, on a root that must close the books without it. */
  readonly lost?: string;
  /** Its client has little in work: goes before what waits, and has places of its own in the worker. */
  readonly first?: true;
  /** Never kept in Redis: the visit before this one broke off (its process died, or threw), so its ticket may be out of date. */
  readonly again?: true;
  readonly traceparent?: string;
}

/** A ticket to be handed to its queue, not before `inMs`. */
export interface NextTicket {
  readonly ticket: Ticket;
  readonly inMs: number;
  /**
   * How it belongs to the flow. `child`: the flow's root waits for it too (a leg). `relief`: hand it out only where no
   * root is waiting to do it anyway. `apart`: always, beside the flow (a callback that is due before the flow ends).
   */
  readonly as: 'child' | 'relief' | 'apart';
}

/**
 * What a visit leaves behind. `wait`: the same ticket again, later; where its step has changed (register → poll)
 * it moves to that step's queue. `also`: tickets to hand out besides.
 * `unsettled` on a root's `done`: the books are still open; the caller must see whether a child was lost for good.
 */
export type Outcome =
  | { readonly type: 'done'; readonly also: readonly NextTicket[]; readonly unsettled?: boolean }
  | { readonly type: 'wait'; readonly ticket: Ticket; readonly inMs: number; readonly also: readonly NextTicket[] };

export const done = (also: readonly NextTicket[] = []): Outcome => ({ type: 'done', also });
export const wait = (ticket: Ticket, inMs: number, also: readonly NextTicket[] = []): Outcome => ({
  type: 'wait',
  ticket,
  inMs: Math.max(0, Math.ceil(inMs)),
  also,
});
