import { Redis } from 'ioredis';
import type { Stage } from './stage.ts';

/** One command to the campaign's Redis, past the links. */
export async function onRedis<T>(
  { redisUrl }: Pick<Stage, 'redisUrl'>,
  command: (redis: Redis) => Promise<T>,
): Promise<T> {
  const redis = new Redis(redisUrl, { maxRetriesPerRequest: 3 });
  redis.on('error', () => undefined);
  try {
    return await command(redis);
  } finally {
    redis.disconnect();
  }
}
