import { CALLBACK_RETRY, type CallbackPolicy } from '@countersign/flow';
import { z } from 'zod';
import { commaList, durationMs, flag, wholeNumber } from './fields.ts';

/** Fields of the environment about callbacks (contract, section 2), to be spread into a process's own schema. */
export const callbackFields = {
  CALLBACK_TIMEOUT_MS: durationMs().default(15_000),
  CALLBACK_RETRIES: wholeNumber(0, 1_000).default(CALLBACK_RETRY.retries),
  CALLBACK_RETRY_SCHEDULE_MS: commaList()
    .pipe(z.array(z.string().regex(/^\d+$/).transform(Number)).min(1))
    .default([...CALLBACK_RETRY.scheduleMs])
    .describe('a comma list of whole numbers (milliseconds), at least one'),
  CALLBACK_ALLOW_PRIVATE: flag().default(false),
};

export function callbackPolicy(env: {
  CALLBACK_TIMEOUT_MS: number;
  CALLBACK_RETRIES: number;
  CALLBACK_RETRY_SCHEDULE_MS: readonly number[];
}): CallbackPolicy & { readonly timeoutMs: number } {
  return {
    retries: env.CALLBACK_RETRIES,
    scheduleMs: env.CALLBACK_RETRY_SCHEDULE_MS,
    timeoutMs: env.CALLBACK_TIMEOUT_MS,
  };
}
