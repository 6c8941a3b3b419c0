import type { Fault } from '../fault.ts';
import { onRedis } from '../stage/redis-command.ts';

/** Out of memory under `noeviction`: reads work, every write that needs memory is refused. */
export const fault: Fault = {
  name: 'full',
  targets: () => ['redis'],
  touches: () => ['redis'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [1_500, 4_000],
  async inject(stage) {
    await onRedis(stage, (redis) => redis.config('SET', 'maxmemory', '1mb'));
    return { heal: () => onRedis(stage, (redis) => redis.config('SET', 'maxmemory', '0')).then(() => undefined) };
  },
};
