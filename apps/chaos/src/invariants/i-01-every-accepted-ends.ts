import { endsOf } from '../kinds/kinds.ts';
import type { Invariant } from '../invariant.ts';
import { acceptedOps, byOp, finalOf, isFinal } from '../readings.ts';

/** Everything accepted has its end after the healing; UNRESOLVED only where the third party left us without a word. */
export const invariant: Invariant = {
  id: 'I-01',
  title: 'every accepted op ends',
  check(ledger, findings) {
    byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      findings.checked();
      const final = finalOf(ledger, op);
      if (isFinal(final?.state)) continue;
      const mayStay = endsOf(op) === 'maybe unresolved' || endsOf(op) === 'either';
      if (final?.state === 'UNRESOLVED' && mayStay) continue;
      findings.broken(`${op.kind} ${op.id} (${op.fate}) stands at ${final?.state ?? `no answer (${final?.status ?? 'none'})`} after the campaign`, { op: op.n });
    }
  },
};
