import type { JobsOptions } from 'bullmq';

/** First try and four more for what is our own trouble: a process that died, a bug that may not show again. */
export const ATTEMPTS = 5;

/** 14 days: how long an operator may find what was given up. */
const KEEP_FAILED_S = 14 * 86_400;

/** Where a job belongs: the root of its flow, as BullMQ names it. */
export type Root = { readonly id: string; readonly queue: string };

/**
 * The options of every job, flow nodes included: BullMQ ignores a queue's defaults in flows, and its own defaults are
 * one try and keeping everything for ever.
 */
export function jobOptions(
  id: string,
  { inMs = 0, lifo = false, root }: { inMs?: number; lifo?: boolean; root?: Root | undefined } = {},
): JobsOptions {
  return {
    jobId: id,
    attempts: ATTEMPTS,
    backoff: { type: 'custom' },
    stackTraceLimit: 3,
    // Its id is free again at once, so a later reminder is not taken for a duplicate. What it did is in PostgreSQL.
    removeOnComplete: true,
    // Never `true` here: a failed child would vanish and its parent run as if all had gone well.
    removeOnFail: { age: KEEP_FAILED_S, count: 10_000 },
    ...(inMs > 0 ? { delay: Math.ceil(inMs) } : {}),
    ...(lifo ? { lifo: true } : {}),
    // Exactly one of BullMQ's four ways: the root runs when its children have ended, in whatever way, and reads the truth itself.
    ...(root ? { ignoreDependencyOnFailure: true } : {}),
    ...(root ? { parent: root } : {}),
  };
}
