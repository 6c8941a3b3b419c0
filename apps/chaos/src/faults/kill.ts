import { boundsOfProcess, touchedByProcess, type Fault } from '../fault.ts';
import { oneOf } from '../random.ts';
import { backAgain, memberNamed, processTargets, sandboxes, signalAll, storeNamed } from '../stage/targets.ts';
import type { Stage } from '../stage/stage.ts';

/** kill -9: no last words. The supervisor starts it again on the same data. */
export const fault: Fault = {
  name: 'kill',
  targets: processTargets,
  touches: touchedByProcess,
  bounds: boundsOfProcess,
  holdMs: [0, 0],
  async inject(stage, target, random) {
    if (target === 'sandbox') return killSandbox(stage, oneOf(random, [0, 1]));
    const store = storeNamed(stage, target);
    if (store) {
      const pids = store.pids();
      const back = store.kill9();
      return { pids, heal: () => back };
    }
    const member = memberNamed(stage, target);
    const pid = member.pid();
    member.kill9();
    return { pids: [pid], heal: () => backAgain(stage, target, pid) };
  },
};

function killSandbox(stage: Stage, which: number): { pids: number[]; note: string; heal(): void } {
  const mine = stage.workers[which]?.children() ?? [];
  const pids = mine.length > 0 ? mine : sandboxes(stage);
  signalAll(pids, 'SIGKILL');
  return { pids, note: `${pids.length} sandbox processes`, heal: () => undefined };
}
