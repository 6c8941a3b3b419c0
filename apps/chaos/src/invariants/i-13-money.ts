import type { Invariant } from '../invariant.ts';
import { isExecuted, isPaid, isUndone } from '../kinds/payment.ts';
import { endsOf } from '../kinds/kinds.ts';
import type { Page } from '../ledger.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

const MICROS = 6;

/** Both legs, or none, or the on-ramp and its reverse; and what the on-ramps paid out is what off-ramps and reverses took in, to the last digit. */
export const invariant: Invariant = {
  id: 'I-13',
  title: 'money is not left halfway',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    let [paidOut, takenIn] = [0n, 0n];
    for (const op of acceptedOps(ledger)) {
      if (op.kind !== 'payment') continue;
      findings.checked();
      const [on, off, reverse] = (['on', 'off', 'reverse'] as const).map((leg) =>
        (pages.get(op.n) ?? []).find((page) => page.leg === leg),
      );
      for (const [leg, page] of [
        ['off', off],
        ['reverse', reverse],
      ] as const) {
        if (isExecuted(page) && page?.amount !== on?.paidOut)
          findings.broken(
            `payment ${op.id}: the on-ramp paid out ${on?.paidOut ?? 'nothing'}, ${leg} took in ${page?.amount ?? '?'}`,
            { op: op.n },
          );
      }
      if (isExecuted(off) && !isUndone(off) && isExecuted(reverse) && !isUndone(reverse))
        findings.broken(`payment ${op.id} was paid out and given back`, { op: op.n });
      // Nobody can say where it is, and a person decides: whether it may come to that is I-01's to say.
      if (endsOf(op) === 'maybe unresolved' || finalOf(ledger, op)?.state === 'UNRESOLVED') continue;
      const isWhole = isUndone(on) ? !isExecuted(off) && !isExecuted(reverse) : isPaid(off) !== isPaid(reverse);
      if (!isWhole)
        findings.broken(
          `payment ${op.id} (${op.fate}) is left halfway: on ${wordOf(on)}, off ${wordOf(off)}, reverse ${wordOf(reverse)}`,
          { op: op.n },
        );
      if (!isUndone(on)) paidOut += micros(on?.paidOut);
      for (const page of [off, reverse]) if (isPaid(page)) takenIn += micros(page?.amount);
    }
    if (paidOut !== takenIn)
      findings.broken(
        `over all payments the on-ramps paid out ${paidOut} millionths of stablecoins, off-ramps and reverses took in ${takenIn}`,
      );
  },
};

const wordOf = (page: Page | undefined): string => (isExecuted(page) ? (page?.status ?? '?') : 'nothing');

function micros(amount: string | null | undefined): bigint {
  const [whole = '0', fraction = ''] = (amount ?? '0').split('.');
  return BigInt(whole + fraction.padEnd(MICROS, '0').slice(0, MICROS));
}
