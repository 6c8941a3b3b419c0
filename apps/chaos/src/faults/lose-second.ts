import type { Fault } from '../fault.ts';

/** Power loss under `appendfsync everysec`: Redis comes back as it was a second before (a kill -9 alone loses nothing). */
export const fault: Fault = {
  name: 'lose-second',
  targets: (stage) => (stage.redis ? ['redis'] : []),
  touches: () => ['redis'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 30_000 }),
  holdMs: [0, 0],
  async inject(stage) {
    const { redis } = stage;
    const pids = redis?.pids() ?? [];
    const lost = (await redis?.loseLastSecond()) ?? 0;
    return { pids, note: `${lost} bytes of the append-only file`, heal: () => undefined };
  },
};
