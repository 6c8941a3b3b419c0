/** Retry policy is plain data; every delay is a pure function of it. All durations in milliseconds. */

/** Registration: first try + `retries`, `retryDelayMs` apart; the same delay is how long an unanswered try may still take effect. */
export interface RetryPolicy {
  readonly retries: number;
  readonly retryDelayMs: number;
}

/** Status polling: first look, second look, then doubling to a ceiling, until the age limit. */
export interface PollPolicy {
  readonly firstMs: number;
  readonly secondMs: number;
  readonly maxDelayMs: number;
  readonly maxAgeMs: number;
}

/** Callbacks: one first try, then one more after each delay of the schedule. */
export interface CallbackPolicy {
  readonly retries: number;
  readonly scheduleMs: readonly number[];
}

/** Contract section 2: first try + 3 retries, 120 s apart. */
export const REGISTRATION_RETRY: RetryPolicy = { retries: 3, retryDelayMs: 120_000 };
/** Contract section 2: 200 ms, 10 ms later, then exponentially; at most 5 min apart, for at most a day. */
export const STATUS_POLL: PollPolicy = { firstMs: 200, secondMs: 10, maxDelayMs: 300_000, maxAgeMs: 86_400_000 };
/** Contract section 2: 5 s, 5 min, 30 min, 2 h, 5 h. */
export const CALLBACK_RETRY: CallbackPolicy = {
  retries: 5,
  scheduleMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000],
};

/**
 * How long to wait before look number `looks + 1`. After the two fixed ones each wait doubles the first:
 * 200, 10, 400, 800, 1600 … ms, so gaps grow and a submission costs about ten looks in its first two minutes.
 */
export function pollDelayMs(policy: PollPolicy, looks: number): number {
  if (looks === 0) return policy.firstMs;
  if (looks === 1) return policy.secondMs;
  const base = Math.max(policy.firstMs, policy.secondMs, 1);
  return Math.min(policy.maxDelayMs, base * 2 ** Math.min(looks - 1, 40));
}

/** Up to a fifth later than asked, never earlier: `random` in [0, 1). */
export function withJitter(delayMs: number, random: number): number {
  return Math.round(delayMs * (1 + 0.2 * random));
}

/** The wait after failed callback number `attempts` (1-based), or undefined when the schedule is used up. */
export function callbackDelayMs(policy: CallbackPolicy, attempts: number): number | undefined {
  if (attempts > policy.retries) return undefined;
  return policy.scheduleMs[Math.min(attempts, policy.scheduleMs.length) - 1] ?? 0;
}

/** Back-off for our own troubles (a process died, a store was away): 1, 2, 4, 8, then 15 s. */
export function ownTroubleDelayMs(attemptsMade: number): number {
  return Math.min(15_000, 1_000 * 2 ** Math.max(0, Math.min(attemptsMade - 1, 10)));
}
