import { each } from './each.ts';
import type { Ledger, Op } from './ledger.ts';
import type { Desk } from './load/desk.ts';
import { LETTERBOXES } from './load/sink.ts';
import { acceptedOps, finalOf, isFinal, shareOfMachine } from './readings.ts';

const LOOK_EVERY_MS = 1_000;
/** Nothing new for this long, and every end is there: it is quiet. */
const QUIET_MS = 4_000;
/** What was lost with the last fault is brought up after 15 s, and not seen by anybody before. */
const SWEPT_MS = 18_000;

/** Waits until every accepted op has its end and every willing letterbox has heard of it. Writes the final readings. */
export async function untilQuiet(ledger: Ledger, desk: Desk, say: (text: string) => void): Promise<void> {
  let leftMs = ledger.settings.quietWithinMs;
  const open = new Map(acceptedOps(ledger).map((op) => [op.n, op]));
  let [seen, since] = [-1, Date.now()];
  for (;;) {
    await each([...open.values()], async (op) => {
      const caller = desk.callers[op.n % desk.callers.length];
      const read = caller && (await desk.read(op, caller, 'final'));
      if (read?.state !== undefined && isFinal(read.state)) open.delete(op.n);
    });
    const untold = acceptedOps(ledger).filter((op) => !open.has(op.n) && expectsCallback(op) && !hasHeard(ledger, op));
    const moved = ledger.deliveries.length + open.size;
    if (moved !== seen) [seen, since] = [moved, Date.now()];
    say(`waiting until it is quiet: ${open.size} without a final status, ${untold.length} not told`);
    const calm = Date.now() - since > QUIET_MS && Date.now() - ledger.healedMs > SWEPT_MS;
    // What stays UNRESOLVED has told its client so; it may go on being looked at.
    const stuck = [...open.values()].every((op) => finalOf(ledger, op)?.state === 'UNRESOLVED');
    if (calm && untold.length === 0 && stuck) {
      ledger.quietMs = Date.now();
      return;
    }
    if (leftMs <= 0) return;
    const at = Date.now();
    await new Promise((wake) => setTimeout(wake, LOOK_EVERY_MS));
    // On a machine that others use up everything takes longer, but no more than three times (faults.md 6).
    leftMs -= (Date.now() - at) * Math.max(1 / 3, shareOfMachine(ledger));
  }
}

export function expectsCallback(op: Op): boolean {
  return op.letterbox !== null && LETTERBOXES[op.letterbox]?.willing === true;
}

function hasHeard(ledger: Ledger, op: Op): boolean {
  const final = finalOf(ledger, op)?.state;
  return ledger.deliveries.some(
    (one) => one.op === op.n && one.state === final && typeof one.answered === 'number' && one.answered < 300,
  );
}
