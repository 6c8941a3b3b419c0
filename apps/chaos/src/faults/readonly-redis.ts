import type { Fault } from '../fault.ts';
import { onRedis } from '../stage/redis-command.ts';

/** READONLY, as after a failover that nobody told us of: it answers, and refuses every write. */
export const fault: Fault = {
  name: 'readonly',
  targets: () => ['redis'],
  touches: () => ['redis'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [1_500, 4_000],
  async inject(stage) {
    // A replica of nobody keeps its data and takes no writes; port 1 is never a Redis.
    await onRedis(stage, (redis) => redis.replicaof('127.0.0.1', 1));
    return { heal: () => onRedis(stage, (redis) => redis.replicaof('NO', 'ONE')).then(() => undefined) };
  },
};
