import type { Fault } from '../fault.ts';
import { oneOf } from '../random.ts';
import { memberNamed, processTargets, signalAll } from '../stage/targets.ts';

/** SIGSTOP, and SIGCONT later: whoever was given up wakes and thinks no time has passed. */
export const fault: Fault = {
  name: 'freeze',
  targets: processTargets,
  touches: (target) =>
    target.startsWith('api')
      ? ['api']
      : target === 'redis'
        ? ['redis']
        : target === 'postgres'
          ? ['postgres']
          : ['worker'],
  bounds: (target) =>
    target === 'postgres' ? { acceptMs: 5_000, lifeMs: 15_000 } : { acceptMs: 1_000, lifeMs: 15_000 },
  // Long enough that locks (6 s) are lost and others take over.
  holdMs: [3_000, 9_000],
  async inject(stage, target, random) {
    if (target === 'sandbox') {
      const pids = oneOf(random, stage.workers).children();
      signalAll(pids, 'SIGSTOP');
      return { pids, note: `${pids.length} sandbox processes`, heal: () => signalAll(pids, 'SIGCONT') };
    }
    const store = target === 'redis' ? stage.redis : target === 'postgres' ? stage.postgres : undefined;
    if (store) {
      store.freeze();
      return { pids: store.pids(), heal: () => store.thaw() };
    }
    const member = memberNamed(stage, target);
    // A worker with its sandboxes, as when the whole machine stands still.
    const pids = [member.pid(), ...member.children()];
    signalAll(pids, 'SIGSTOP');
    return { pids, heal: () => signalAll(pids, 'SIGCONT') };
  },
};
