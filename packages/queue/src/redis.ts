import { Redis } from 'ioredis';

/**
 * A half-open connection hangs a reader for ever unless silence ends it. 12 s: BullMQ blocks for up to 10 s at a time,
 * and less than that would cut healthy idle connections.
 */
const SILENCE_MS = 12_000;

/** Reconnects from 50 ms to at most 500 ms apart: work goes on within a second of Redis coming back (BullMQ's own goes up to 20 s). */
const retryStrategy = (times: number): number => Math.min(500, 50 * times);

/** For connections that wait for jobs: commands survive a reconnect. */
export function consumerRedis(redisUrl: string) {
  return { url: redisUrl, socketTimeout: SILENCE_MS, connectTimeout: 3_000, maxRetriesPerRequest: null, retryStrategy };
}

/** For connections somebody waits behind: nothing is kept for later, everything fails at once when Redis is away. */
export function producerRedis(redisUrl: string): Redis {
  return new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1_000,
    socketTimeout: 3_000,
    retryStrategy,
  });
}

/** Redis is away (or does not answer): nothing was added. PostgreSQL remembers; the dispatcher adds it later. */
export class QueueAway extends Error {
  override readonly name = 'QueueAway';
  readonly code = 'QUEUE_AWAY';
}

/**
 * BullMQ loses jobs under any other policy than noeviction, silently.
 * @returns what is wrong, in words for the operator; undefined when all is well or Redis will not tell (some hosted ones).
 */
export async function evictionProblem(redis: Redis): Promise<string | undefined> {
  const answer = await redis.config('GET', 'maxmemory-policy').catch(() => []);
  const policy: unknown = Array.isArray(answer) ? answer[1] : undefined;
  if (policy === 'noeviction' || typeof policy !== 'string') return undefined;
  return `Redis has maxmemory-policy ${policy}: it would drop jobs when memory is short. Set maxmemory-policy noeviction.`;
}
