import type { Invariant } from '../invariant.ts';
import { endsOf, kindOf } from '../kinds/kinds.ts';
import { byOp, finalOf, livingOps } from '../readings.ts';

/** The final status says what all third parties' books say: no false success, no false failure, and UNRESOLVED only where they leave us without a word. */
export const invariant: Invariant = {
  id: 'I-05',
  title: 'no false success, no false failure',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    for (const op of livingOps(ledger)) {
      const final = finalOf(ledger, op);
      if (final?.state === undefined) continue;
      findings.checked();
      const end = { state: final.state, code: final.errorCode ?? null };
      const wrong = endsOf(op) === 'either' ? undefined : kindOf(op).wrong(op, end, pages.get(op.n) ?? []);
      const about = `${op.kind} ${op.id} (${op.fate}) is ${end.state}${end.code === null ? '' : ` ${end.code}`}`;
      if (wrong !== undefined) findings.broken(`${about}, but ${wrong}`, { op: op.n });
      if (end.state === 'FAILED' && end.code === null) findings.broken(`${about} and gives no reason`, { op: op.n });
    }
  },
};
