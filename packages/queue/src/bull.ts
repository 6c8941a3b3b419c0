import { STEPS, type StepName } from '@countersign/flow';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { queueName } from './names.ts';

/** BullMQ's objects over one connection of ours. */
export interface Bull {
  readonly queues: Readonly<Record<StepName, Queue>>;
  close(): Promise<void>;
}

/** Events are for looking on only; each costs memory in Redis (10,000 per queue by default). */
const KEPT_EVENTS = 100;

/**
 * Opens BullMQ over a connection that is ready now. BullMQ remembers a failure to open for ever, so when this rejects
 * it must be called again rather than its objects be kept.
 */
export async function openBull(redis: Redis, prefix: string, onError: (error: Error) => void): Promise<Bull> {
  const options = { connection: redis, prefix, streams: { events: { maxLen: KEPT_EVENTS } } };
  const queues = Object.fromEntries(
    STEPS.map((step) => {
      const queue = new Queue(queueName(step), options);
      queue.on('error', onError);
      return [step, queue];
    }),
    // One entry for every step was just made.
  ) as Record<StepName, Queue>;
  await Promise.all(Object.values(queues).map((queue) => queue.waitUntilReady()));
  return {
    queues,
    close: async () => void (await Promise.allSettled([...Object.values(queues).map((queue) => queue.close())])),
  };
}
