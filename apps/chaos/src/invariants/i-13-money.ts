import type { Findings, Invariant } from '../invariant.ts';
import { isExecuted, isPaid, isUndone } from '../kinds/payment.ts';
import type { Ledger, Op, Page } from '../ledger.ts';
import { byOp, finalOf, livingOps } from '../readings.ts';
import { hiddenOf } from '../visible.ts';

const MICROS = 6;

/**
 * Both legs, or none, or the on-ramp and its reverse. Only an UNRESOLVED payment may be halfway, and then an operator is told where it
 * is; what the on-ramps paid out is what off-ramps and reverses took in, to the last digit, but for exactly those.
 */
export const invariant: Invariant = {
  id: 'I-13',
  title: 'money is not left halfway',
  check(ledger, findings) {
    const open: Op[] = [];
    for (const op of livingOps(ledger)) {
      if (op.kind !== 'payment') continue;
      findings.checked();
      const pages = byOp(ledger).pages.get(op.n) ?? [];
      for (const wrong of wrongs(pages)) findings.broken(`payment ${op.id} ${wrong}`, { op: op.n });
      if (finalOf(ledger, op)?.state !== 'UNRESOLVED') {
        const half = halfway(pages);
        if (half !== undefined) findings.broken(`payment ${op.id} (${op.fate}) is left halfway: ${half}`, { op: op.n });
        continue;
      }
      open.push(op);
      const hidden = hiddenOf(ledger, op);
      if (hidden !== undefined)
        findings.broken(`payment ${op.id} (${op.fate}) is UNRESOLVED, and ${hidden}`, { op: op.n });
    }
    sums(ledger, open, findings);
  },
};

type Leg = 'on' | 'off' | 'reverse';
const legOf = (pages: readonly Page[], leg: Leg): Page | undefined => pages.find((page) => page.leg === leg);

function wrongs(pages: readonly Page[]): string[] {
  const paidOut = legOf(pages, 'on')?.paidOut;
  const [off, reverse] = [legOf(pages, 'off'), legOf(pages, 'reverse')];
  const changed = [off, reverse].flatMap((page) =>
    page && isExecuted(page) && page.amount !== paidOut
      ? [`changed on its way: the on-ramp paid out ${paidOut ?? 'nothing'}, ${page.leg} took in ${page.amount ?? '?'}`]
      : [],
  );
  return isUndone(off) || isUndone(reverse) ? changed : [...changed, 'was paid out and given back'];
}

function halfway(pages: readonly Page[]): string | undefined {
  const [on, off, reverse] = [legOf(pages, 'on'), legOf(pages, 'off'), legOf(pages, 'reverse')];
  const isWhole = isUndone(on) ? !isExecuted(off) && !isExecuted(reverse) : isPaid(off) !== isPaid(reverse);
  return isWhole ? undefined : `on ${wordOf(on)}, off ${wordOf(off)}, reverse ${wordOf(reverse)}`;
}

/** Over all the ramps' pages, whosesoever they are; between the ramps there is one currency, the stablecoin. */
function sums({ books }: Ledger, open: readonly Op[], findings: Findings): void {
  const unresolved = new Set(open.map(({ n }) => n));
  const missing = underway(books);
  const explained = underway(books.filter(({ op }) => op !== null && unresolved.has(op)));
  if (missing !== explained)
    findings.broken(
      `the on-ramps paid out ${missing} millionths of stablecoins more than off-ramps and reverses took in; ${open.length} UNRESOLVED payments explain ${explained}`,
    );
}

function underway(books: readonly Page[]): bigint {
  return books.reduce((sum, page) => {
    if (page.leg === 'on') return isUndone(page) ? sum : sum + micros(page.paidOut);
    return (page.leg === 'off' || page.leg === 'reverse') && isPaid(page) ? sum - micros(page.amount) : sum;
  }, 0n);
}

const wordOf = (page: Page | undefined): string => (isExecuted(page) ? (page?.status ?? '?') : 'nothing');

function micros(amount: string | null | undefined): bigint {
  const [whole = '0', fraction = ''] = (amount ?? '0').split('.');
  return BigInt(whole + fraction.padEnd(MICROS, '0').slice(0, MICROS));
}
