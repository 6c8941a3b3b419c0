/**
 * The status law. Nothing else is possible; the database enforces the same table (see packages/store, migration 0001).
 *
 *   PENDING → PROCESSING → COMPLETED | FAILED | UNRESOLVED
 *   PENDING → FAILED
 *   UNRESOLVED → COMPLETED | FAILED
 */
export const STATUSES = ['PENDING', 'PROCESSING', 'COMPLETED', 'FAILED', 'UNRESOLVED'] as const;
export type Status = (typeof STATUSES)[number];

export const MOVES: Readonly<Record<Status, readonly Status[]>> = {
  PENDING: ['PROCESSING', 'FAILED'],
  PROCESSING: ['COMPLETED', 'FAILED', 'UNRESOLVED'],
  UNRESOLVED: ['COMPLETED', 'FAILED'],
  COMPLETED: [],
  FAILED: [],
};

/** How one submission stands in one third party's books. UNRESOLVED → PENDING is an operator's replay. */
export const STANDINGS = ['PENDING', 'DONE', 'REFUSED', 'UNRESOLVED'] as const;
export type Standing = (typeof STANDINGS)[number];

export const STANDING_MOVES: Readonly<Record<Standing, readonly Standing[]>> = {
  PENDING: ['DONE', 'REFUSED', 'UNRESOLVED'],
  UNRESOLVED: ['PENDING', 'DONE', 'REFUSED'],
  DONE: [],
  REFUSED: [],
};

export function mayMove(from: Status, to: Status): boolean {
  return MOVES[from].includes(to);
}

export function mayStand(from: Standing, to: Standing): boolean {
  return STANDING_MOVES[from].includes(to);
}

/** COMPLETED and FAILED: nothing moves them any more. */
export function isFinal(status: Status): boolean {
  return MOVES[status].length === 0;
}

/** DONE and REFUSED: the third party has said its last word. */
export function isSettled(standing: Standing): boolean {
  return STANDING_MOVES[standing].length === 0;
}
