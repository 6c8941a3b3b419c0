import type { Invariant } from '../invariant.ts';
import type { Op, Page } from '../ledger.ts';
import { acceptedOps, byOp } from '../readings.ts';

/** Amounts in answers, callbacks, ramp calls and bank files are the digits that were submitted. */
export const invariant: Invariant = {
  id: 'I-30',
  title: 'exact money',
  check(ledger, findings) {
    const { readings, deliveries, pages } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      if (op.amount === '') continue;
      findings.checked();
      const shown = [
        ...(readings.get(op.n) ?? []).map(({ amount }) => ['a GET', amount] as const),
        ...(deliveries.get(op.n) ?? []).map(({ amount }) => ['a callback', amount] as const),
        ...(pages.get(op.n) ?? []).filter(isFirstLeg).map(({ party, amount }) => [party, amount] as const),
      ];
      const wrong = shown.find(([, amount]) => amount !== undefined && amount !== null && !isSame(op, amount));
      if (wrong)
        findings.broken(`${op.kind} ${op.id} is ${op.amount}, and ${wrong[0]} has ${String(wrong[1])}`, { op: op.n });
    }
  },
};

/** What the off-ramp takes in is what the on-ramp paid out: I-13. */
const isFirstLeg = ({ leg }: Page): boolean => leg !== 'off' && leg !== 'reverse';

/** The registry is told a number: `2.50` and `2.5` are one there. */
function isSame({ amount, kind }: Op, given: string): boolean {
  return given === amount || (kind === 'transaction' && given === String(Number(amount)));
}
