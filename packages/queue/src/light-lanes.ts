import type { Redis } from 'ioredis';
import { LANES, queueName, type Lane } from './names.ts';

/** CLIENT LIST costs Redis about 1 µs a connection: not for every submission. */
const LOOK_EVERY_MS = 2_000;

/**
 * Whether somebody serves the light clients' queues. In a deploy in which the API is newer than every worker nobody does, and what
 * lay there would wait for the sweep (15 s). Looked at every 2 s, whether or not anything is asked: after a silence the first few
 * of a light client must not go behind a crowd that still waits.
 */
export function createLightLanes(redis: Redis, prefix: string) {
  let served = false;
  const look = async (): Promise<void> => {
    if (redis.status !== 'ready') return;
    served = await isServed(redis, prefix);
  };
  // While Redis does not answer what was true stays true: nothing goes there meanwhile.
  const lookQuietly = (): void => void look().catch(() => undefined);
  const timer = setInterval(lookQuietly, LOOK_EVERY_MS);
  timer.unref();
  redis.on('ready', lookQuietly);
  return {
    /** As known for 2 s; false before the first look. */
    served: (): boolean => served,
    close: () => clearInterval(timer),
  };
}

/**
 * BullMQ's workers name their connections by their queue: `prefix:base64(queue)`, then `:w:name` where they have one. Where none of
 * ours is named, nobody works or Redis does not keep names (some hosted ones): then light clients go their own way.
 */
async function isServed(redis: Redis, prefix: string): Promise<boolean> {
  const list = String(await redis.client('LIST'));
  const names = new Set([...list.matchAll(/ name=(\S+)/g)].map(([, name = '']) => name.split(':w:', 1)[0]));
  const isNamed = (lane: Lane): boolean => names.has(`${prefix}:${Buffer.from(queueName(lane)).toString('base64')}`);
  return LANES.filter(({ first }) => first).every(isNamed) || !LANES.some(isNamed);
}
