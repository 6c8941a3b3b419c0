import type { Fault } from '../fault.ts';
import { backAgain, memberNamed } from '../stage/targets.ts';

/** SIGTERM under load, and the other build takes the place: forwards, and back again, in any order of API and workers. */
export const fault: Fault = {
  name: 'deploy',
  targets: ({ releases }) => (releases.length > 1 ? ['api-1', 'api-2', 'worker-1', 'worker-2'] : []),
  touches: (target) => [target.startsWith('api') ? 'api' : 'worker'],
  bounds: () => ({ acceptMs: 1_000, lifeMs: 15_000 }),
  holdMs: [0, 0],
  async inject(stage, target, _random, notes) {
    const member = memberNamed(stage, target);
    const pid = member.pid();
    const at = Date.now();
    const next = stage.releases.find((release) => release !== member.release()) ?? member.release();
    member.deploy(next);
    const ended = member.terminate().then((tookMs) => notes.stopped(target, at, tookMs));
    return {
      pids: [pid],
      heal: async () => {
        await ended;
        notes.deployed(target, next.name, Date.now());
        await backAgain(stage, target, pid);
        return `last: ${next.name}`;
      },
    };
  },
};
