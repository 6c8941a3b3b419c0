import { boundsOfProcess, touchedByProcess, type Fault } from '../fault.ts';
import { oneOf } from '../random.ts';
import { memberNamed, processTargets, signalAll, storeNamed } from '../stage/targets.ts';

/** SIGSTOP, and SIGCONT later: whoever was given up wakes and thinks no time has passed. */
export const fault: Fault = {
  name: 'freeze',
  targets: processTargets,
  touches: touchedByProcess,
  bounds: boundsOfProcess,
  // Longer than a lease or a lock (6 s): they are lost, others take over, and who wakes is a zombie.
  holdMs: [6_500, 9_000],
  async inject(stage, target, random) {
    if (target === 'sandbox') {
      const pids = oneOf(random, stage.workers).children();
      signalAll(pids, 'SIGSTOP');
      return { pids, note: `${pids.length} sandbox processes`, heal: () => signalAll(pids, 'SIGCONT') };
    }
    const store = storeNamed(stage, target);
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
