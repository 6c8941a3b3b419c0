import { CALLBACK_RETRY, type CallbackPolicy } from '@countersign/flow';
import { z } from 'zod';
import { commaList, durationMs, flag, ratePerSecond, wholeNumber } from './fields.ts';

/** Fields of the environment about callbacks (contract, section 2), to be spread into a process's own schema. */
export const callbackFields = {
  CALLBACK_TIMEOUT_MS: durationMs().default(15_000),
  CALLBACK_RETRIES: wholeNumber(0, 1_000).default(CALLBACK_RETRY.retries),
  CALLBACK_RETRY_SCHEDULE_MS: commaList()
    .pipe(z.array(z.string().regex(/^\d+$/).transform(Number)).min(1))
    .default([...CALLBACK_RETRY.scheduleMs])
    .describe('a comma list of whole numbers (milliseconds), at least one'),
  CALLBACK_ALLOW_PRIVATE: flag().default(false),
  /** To one client's host, over all replicas: one slow endpoint must not take every slot. */
  CALLBACK_CONCURRENCY: wholeNumber(1, 100_000, 'callbacks at once to one host').default(50),
  CALLBACK_RATE_PER_SECOND: ratePerSecond(),
};

/** What one client's host is asked to bear, over all replicas. No rate (null) = unlimited. */
export interface CallbackLimits {
  readonly timeoutMs: number;
  readonly concurrency: number;
  readonly ratePerSecond: number | null;
}

export function callbackPolicy(env: {
  CALLBACK_TIMEOUT_MS: number;
  CALLBACK_RETRIES: number;
  CALLBACK_RETRY_SCHEDULE_MS: readonly number[];
  CALLBACK_CONCURRENCY: number;
  CALLBACK_RATE_PER_SECOND: number | null;
}): CallbackPolicy & CallbackLimits {
  return {
    retries: env.CALLBACK_RETRIES,
    scheduleMs: env.CALLBACK_RETRY_SCHEDULE_MS,
    timeoutMs: env.CALLBACK_TIMEOUT_MS,
    concurrency: env.CALLBACK_CONCURRENCY,
    ratePerSecond: env.CALLBACK_RATE_PER_SECOND,
  };
}
