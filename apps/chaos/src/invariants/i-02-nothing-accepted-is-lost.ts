import type { Invariant } from '../invariant.ts';
import { acceptedOps, byOp, isOk } from '../readings.ts';

/** From the first 2xx on nobody is told 404, and the client's list holds it exactly once. */
export const invariant: Invariant = {
  id: 'I-02',
  title: 'nothing accepted is lost',
  check(ledger, findings) {
    const { attempts, readings, listed } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      findings.checked();
      const since = Math.min(
        ...(attempts.get(op.n) ?? []).filter((one) => isOk(one) && one.body === 'own').map(({ at, ms }) => at + ms),
      );
      for (const { at, status, why } of readings.get(op.n) ?? []) {
        if (why !== 'stranger' && status === 404 && at >= since)
          findings.broken(`${op.kind} ${op.id} was accepted and then not found`, { op: op.n, at });
      }
      const times = listed.get(op.n) ?? 0;
      if (times !== 1)
        findings.broken(`${op.kind} ${op.id} stands ${times} times in the list of ${op.client}`, { op: op.n });
    }
  },
};
