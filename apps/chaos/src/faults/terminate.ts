import type { Fault } from '../fault.ts';
import { backAgain, memberNamed } from '../stage/targets.ts';

/** SIGTERM under load, as at every deploy: it must end within its time and lose nobody's request. */
export const fault: Fault = {
  name: 'terminate',
  targets: () => ['api-1', 'worker-1', 'worker-2'],
  touches: (target) => [target.startsWith('api') ? 'api' : 'worker'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [0, 0],
  async inject(stage, target, _random, notes) {
    const member = memberNamed(stage, target);
    const pid = member.pid();
    const at = Date.now();
    const ended = member.terminate().then((tookMs) => notes.stopped(target, at, tookMs));
    return {
      pids: [pid],
      heal: async () => {
        await ended;
        await backAgain(stage, target, pid);
      },
    };
  },
};
