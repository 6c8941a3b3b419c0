import type { Ticket } from '@countersign/flow';
import { Queue } from 'bullmq';
import type { Redis } from 'ioredis';
import { LANES, queueName } from './names.ts';

/** BullMQ's objects over one connection of ours. */
export interface Bull {
  queueOf(ticket: Pick<Ticket, 'step' | 'first'>): Queue;
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
  const queues = new Map(
    LANES.map((lane) => {
      const queue = new Queue(queueName(lane), options);
      queue.on('error', onError);
      return [queueName(lane), queue];
    }),
  );
  await Promise.all([...queues.values()].map((queue) => queue.waitUntilReady()));
  const queueOf: Bull['queueOf'] = (lane) => {
    const queue = queues.get(queueName(lane));
    if (!queue) throw new Error(`there is no queue for ${lane.step}`);
    return queue;
  };
  return {
    queueOf,
    close: async () => void (await Promise.allSettled([...queues.values()].map((queue) => queue.close()))),
  };
}
