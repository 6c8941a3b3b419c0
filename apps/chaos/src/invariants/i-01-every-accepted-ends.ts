import { endsOf } from '../kinds/kinds.ts';
import type { Invariant } from '../invariant.ts';
import type { Ledger, TimelineEntry } from '../ledger.ts';
import { acceptedOps, byOp, finalOf, isFinal, OTHERS_MOST_CORES, othersDuring } from '../readings.ts';

/** Calls were given up after our scaled second although the third party answered, while others used the machine: silence, as far as anybody could tell. */
function isStarved(ledger: Ledger, entries: readonly TimelineEntry[]): boolean {
  const late = entries.filter(
    ({ type, error = '' }) => /^(look|poll|attempt)$/.test(type) && /timeout|lost during the call/.test(error),
  );
  return late.some(({ at }) => othersDuring(ledger, Date.parse(at) - 2_000, Date.parse(at)) > OTHERS_MOST_CORES);
}

/** Everything accepted has its end after the healing; UNRESOLVED only where the third party left us without a word. */
export const invariant: Invariant = {
  id: 'I-01',
  title: 'every accepted op ends',
  check(ledger, findings) {
    for (const op of acceptedOps(ledger)) {
      findings.checked();
      const final = finalOf(ledger, op);
      if (isFinal(final?.state)) continue;
      const mayStay =
        endsOf(op) === 'maybe unresolved' ||
        endsOf(op) === 'either' ||
        isStarved(ledger, byOp(ledger).stories.get(op.n)?.entries ?? []);
      if (final?.state === 'UNRESOLVED' && mayStay) continue;
      findings.broken(
        `${op.kind} ${op.id} (${op.fate}) stands at ${final?.state ?? `no answer (${final?.status ?? 'none'})`} after the campaign`,
        { op: op.n },
      );
    }
  },
};
