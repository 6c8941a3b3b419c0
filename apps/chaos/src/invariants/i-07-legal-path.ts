import type { Invariant } from '../invariant.ts';
import { byOp } from '../readings.ts';

/** Contract 3.2, written here a second time on purpose: the harness shares nothing with what it judges. */
const MOVES: Readonly<Record<string, readonly string[]>> = {
  PENDING: ['PROCESSING', 'FAILED'],
  PROCESSING: ['COMPLETED', 'FAILED', 'UNRESOLVED'],
  UNRESOLVED: ['COMPLETED', 'FAILED'],
};

/** The statuses of a timeline follow one another as the law allows. */
export const invariant: Invariant = {
  id: 'I-07',
  title: 'legal path',
  check(ledger, findings) {
    for (const [n, story] of byOp(ledger).stories) {
      findings.checked();
      let stands = 'PENDING';
      for (const { type, from, to, at } of story.entries) {
        if (type !== 'status' || to === undefined) continue;
        if (from !== stands)
          findings.broken(`at ${at} it moved from ${from ?? '?'} although it stood at ${stands}`, { op: n });
        if (!MOVES[stands]?.includes(to)) findings.broken(`at ${at} it moved from ${stands} to ${to}`, { op: n });
        stands = to;
      }
    }
  },
};
