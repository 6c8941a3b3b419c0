import type { Invariant } from '../invariant.ts';
import { POISON } from '../kinds/receipt.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

/** A document that would harm its reader is refused, nobody is told of it, and the process that reads it lives (nobody died unasked: the summary). */
export const invariant: Invariant = {
  id: 'I-25',
  title: 'poison is contained',
  check(ledger, findings) {
    const { pages, stories } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      if (!POISON.some((fate) => fate === op.fate)) continue;
      findings.checked();
      const final = finalOf(ledger, op);
      const isBuried = ledger.letters.some(({ submissionId }) => submissionId === final?.submissionId);
      if (final?.state !== 'FAILED' && !isBuried)
        findings.broken(`receipt ${op.id} (${op.fate}) is ${final?.state ?? '?'}`, { op: op.n });
      if ((pages.get(op.n) ?? []).some(({ posts }) => posts > 0))
        findings.broken(`receipt ${op.id} (${op.fate}) was told to a third party`, { op: op.n });
      const deaths = (stories.get(op.n)?.entries ?? []).filter(({ type }) => type === 'given-up').length;
      if (deaths > 0)
        findings.broken(`receipt ${op.id} (${op.fate}) brought its process down until it was given up`, { op: op.n });
    }
  },
};
