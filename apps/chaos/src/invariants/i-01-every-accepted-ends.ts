import { chanceOf } from '../chance.ts';
import type { Invariant } from '../invariant.ts';
import { byOp, finalOf, isFinal, livingOps } from '../readings.ts';

/** Everything accepted has its end after the healing; UNRESOLVED only where the third party gave us no chance to know (`chanceOf`). */
export const invariant: Invariant = {
  id: 'I-01',
  title: 'every accepted op ends',
  check(ledger, findings) {
    byOp(ledger);
    for (const op of livingOps(ledger)) {
      findings.checked();
      const final = finalOf(ledger, op);
      if (isFinal(final?.state)) continue;
      const stands = `${op.kind} ${op.id} (${op.fate}) stands at ${final?.state ?? `no answer (${final?.status ?? 'none'})`} after the campaign`;
      const chance = final?.state === 'UNRESOLVED' ? chanceOf(ledger, op) : 'only UNRESOLVED could be an answer';
      if (chance !== undefined) findings.broken(`${stands}: ${chance}`, { op: op.n });
    }
  },
};
