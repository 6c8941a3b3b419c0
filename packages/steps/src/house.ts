import type { CallbackPolicy, Cellar, Letterbox, Plan, Provider, StepName } from '@countersign/flow';

/** Makes a wait for somebody else (a third party, a client, a time): others may work meanwhile. */
export type Outside = <T>(wait: () => Promise<T>) => Promise<T>;

/** What a visit needs of the house it walks through: the ports, and the numbers that are not a provider's own. */
export interface House {
  readonly cellar: Cellar;
  readonly letterbox: Letterbox;
  /** Throws ElsewhereError `UNKNOWN_KIND` for a kind this worker does not have. */
  readonly plan: (kind: string) => Plan;
  /** Throws ElsewhereError `UNKNOWN_PROVIDER` where no settings are given for it. */
  readonly provider: (name: string) => Provider;
  /** Where this third party may post progress of this submission. */
  readonly webhookUrl: (provider: string, submissionId: string) => string;
  /** Whether this replica may go on to that step in the same visit (`WORKER_QUEUES`). */
  readonly serves: (step: StepName) => boolean;
  /** How long this kind's work goes back to its queue before it is even begun (its third party is not ready); undefined = begin. */
  readonly holdsBack?: (plan: Plan) => Promise<number | undefined>;
  readonly callbacks: CallbackPolicy & { readonly timeoutMs: number };
  /** Waits up to this long are slept in the visit (the 200 and 10 ms looks): BullMQ's delays are 50 ms late. */
  readonly inlineWaitMs: number;
  /** Every such sleep goes through here. */
  readonly outside: Outside;
  /** In [0, 1): jitter. */
  readonly random: () => number;
  /** Told after every call to a third party or client, for metrics. */
  readonly heard?: (call: {
    to: string;
    what: 'look' | 'tell' | 'callback';
    outcome: string;
    durationMs: number;
  }) => void;
}

/** Waits longer than this are not kept in Redis: the job ends, and the agenda brings the ticket back (house law: the queue only reminds). */
export const LONGEST_PARK_MS = 30_000;
