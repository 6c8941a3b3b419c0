import { Redis } from 'ioredis';
import type { CounterRedis } from './intake/shared-counter.ts';

/** A connection for rate limits only: everything fails at once when Redis is away, and nobody waits for it anyway. */
export function openCounterRedis(redisUrl: string): { readonly redis: CounterRedis; readonly close: () => void } {
  const connection = new Redis(redisUrl, {
    enableOfflineQueue: false,
    maxRetriesPerRequest: 0,
    autoResendUnfulfilledCommands: false,
    connectTimeout: 1_000,
    socketTimeout: 3_000,
    commandTimeout: 1_000,
    retryStrategy: (times) => Math.min(1_000, 50 * times),
  });
  // The producer's connection logs the same trouble.
  connection.on('error', () => undefined);
  const redis: CounterRedis = {
    async addTo(counts) {
      const pipeline = connection.pipeline();
      for (const { key, by, ttlMs } of counts)
        pipeline.incrby(`countersign:rate:${key}`, by).pexpire(`countersign:rate:${key}`, ttlMs);
      const replies = (await pipeline.exec()) ?? [];
      return counts.map((_, at) => {
        const [error, total] = replies[2 * at] ?? [new Error('no reply'), 0];
        if (error) throw error;
        return Number(total);
      });
    },
  };
  return { redis, close: () => connection.disconnect() };
}
