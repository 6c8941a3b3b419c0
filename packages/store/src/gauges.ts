/** Cheap figures for /metrics. Counts stop at 10,000. */
export interface Gauges {
  /** Submissions that wait for the dispatcher. */
  readonly undispatched: number;
  /** Submissions that are not finished. */
  readonly unfinished: number;
  /** How long the most overdue submission is overdue; 0 when none is. */
  readonly oldestOverdueMs: number;
  /** Age of the oldest submission without a ticket; 0 when none waits. */
  readonly oldestUndispatchedMs: number;
  /** Letters not replayed yet. */
  readonly deadLetters: number;
  readonly callbacksWaiting: number;
}
