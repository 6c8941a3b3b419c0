import type { Invariant } from '../invariant.ts';
import type { Injection } from '../ledger.ts';
import { OTHERS_MOST_CORES, othersDuring } from '../readings.ts';

/** After each fault the house serves again within its time; whoever is asked to end ends within 15 s. Void while others use the machine. */
export const invariant: Invariant = {
  id: 'I-22',
  title: 'recovery in time',
  check(ledger, findings) {
    for (const one of ledger.injections) {
      const { fault, target, recoveries, toMs } = one;
      for (const { what, ms, boundMs: least } of recoveries) {
        const boundMs = Math.max(least, ...ledger.injections.map((other) => heldUpMs(one, other, what, least)));
        const isLate = ms === null || ms > boundMs;
        if (isLate && othersDuring(ledger, toMs, toMs + (ms ?? boundMs)) > OTHERS_MOST_CORES) {
          findings.voided();
          continue;
        }
        findings.checked();
        if (ms === null)
          findings.broken(`after ${fault} ${target}: no ${what} within ${boundMs} ms and some`, { at: toMs });
        else if (ms > boundMs)
          findings.broken(`after ${fault} ${target}: ${what} took ${Math.round(ms)} ms; allowed are ${boundMs} ms`, {
            at: toMs,
          });
      }
    }
    for (const { process, at, ms } of ledger.stops) {
      findings.checked();
      if (ms === null) findings.broken(`${process} did not end within 15 s of SIGTERM`, { at });
    }
  },
};

/** Faults may come in pairs: while another lies on it nothing can recover, and after that it has the other's time. */
function heldUpMs({ toMs }: Injection, other: Injection, what: string, least: number): number {
  if (other.fromMs > toMs || other.toMs <= toMs) return 0;
  return other.toMs - toMs + Math.max(least, other.recoveries.find((each) => each.what === what)?.boundMs ?? 0);
}
