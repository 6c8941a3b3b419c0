import { durationMs, wholeNumber } from '@countersign/process';

/** The payouts' numbers (contract section 4), all settable to small ones. */
export const payoutFields = {
  PAYOUT_SHARDS: wholeNumber(1, 1_024, 'shards').default(4),
  PAYOUT_LEASE_MS: durationMs().default(30_000),
  PAYOUT_RENEW_MS: durationMs().default(20_000),
  PAYOUT_RETAKE_MS: durationMs().default(10_000),
  PAYOUT_IDLE_MS: durationMs().default(5_000),
  PAYOUT_RETRY_WINDOW_MS: durationMs().default(5_000),
  PAYOUT_MESSAGES_MS: durationMs().default(5_000),
  PAYOUT_READINESS_MS: durationMs().default(5_000),
  PAYOUT_DRAIN_MS: durationMs().default(10_000),
} as const;

export interface PayoutNumbers {
  readonly PAYOUT_SHARDS: number;
  readonly PAYOUT_LEASE_MS: number;
  readonly PAYOUT_RENEW_MS: number;
  readonly PAYOUT_RETAKE_MS: number;
  readonly PAYOUT_IDLE_MS: number;
  readonly PAYOUT_RETRY_WINDOW_MS: number;
  readonly PAYOUT_MESSAGES_MS: number;
  readonly PAYOUT_READINESS_MS: number;
  readonly PAYOUT_DRAIN_MS: number;
}

/** Durations in milliseconds. */
export interface PayoutSettings {
  /** Must be the same in all replicas; while it changes, two may work on one payout, which the files' rows bear. */
  readonly shards: number;
  readonly leaseMs: number;
  readonly renewMs: number;
  /** How long after a shard was found taken it is tried again. */
  readonly retakeMs: number;
  /** With nothing to do. */
  readonly idleMs: number;
  /** Tries of one round. */
  readonly retryWindowMs: number;
  /** Between looks for messages, where no webhook rings. */
  readonly messagesMs: number;
  /** Between checks of readiness. */
  readonly readinessMs: number;
  /** Closing: so long a file in flight may take to be finished; then its call is given up and the shard released. */
  readonly drainMs: number;
  /** The bank's silence after which a payout is UNRESOLVED. */
  readonly maxAgeMs: number;
}

export function payoutSettings(own: PayoutNumbers, maxAgeMs: number): PayoutSettings {
  return {
    shards: own.PAYOUT_SHARDS,
    leaseMs: own.PAYOUT_LEASE_MS,
    // A renewal that comes too late is none.
    renewMs: Math.min(own.PAYOUT_RENEW_MS, Math.ceil((own.PAYOUT_LEASE_MS * 2) / 3)),
    retakeMs: own.PAYOUT_RETAKE_MS,
    idleMs: own.PAYOUT_IDLE_MS,
    retryWindowMs: own.PAYOUT_RETRY_WINDOW_MS,
    messagesMs: own.PAYOUT_MESSAGES_MS,
    readinessMs: own.PAYOUT_READINESS_MS,
    drainMs: own.PAYOUT_DRAIN_MS,
    maxAgeMs,
  };
}
