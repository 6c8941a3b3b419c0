import type { Fault } from '../fault.ts';
import { memberNamed } from '../stage/targets.ts';
import { fault as terminate } from './terminate.ts';

/** Terminated under load, and the other build takes the place: forwards, and back again, in any order of API and workers. */
export const fault: Fault = {
  ...terminate,
  name: 'deploy',
  targets: ({ releases }) => (releases.length > 1 ? ['api-1', 'api-2', 'worker-1', 'worker-2'] : []),
  async inject(stage, target, random, notes) {
    const member = memberNamed(stage, target);
    const next = stage.releases.find((release) => release !== member.release()) ?? member.release();
    member.deploy(next);
    const { pids = [], heal } = await terminate.inject(stage, target, random, notes);
    return {
      pids,
      heal: async () => {
        await heal();
        notes.deployed(target, next.name, Date.now());
        return `last: ${next.name}`;
      },
    };
  },
};
