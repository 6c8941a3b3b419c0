import type { Fault } from '../fault.ts';
import { onRedis } from '../stage/redis-command.ts';

/** FLUSHALL: every job, lock and counter is gone at once. */
export const fault: Fault = {
  name: 'flush',
  targets: () => ['redis'],
  touches: () => ['redis'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 30_000 }),
  holdMs: [0, 0],
  async inject(stage) {
    const keys = await onRedis(stage, (redis) => redis.dbsize());
    await onRedis(stage, (redis) => redis.flushall());
    return { note: `${keys} keys`, heal: () => undefined };
  },
};
