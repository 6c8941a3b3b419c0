import { registrationOf, type Change, type LoadedSubmission } from '@countersign/flow';
import { letterOf } from './conclude.ts';

/**
 * A submission that is UNRESOLVED already moves no more when another leg is given up (or the same one, replayed): the
 * operators need its letter all the same.
 */
export function withLateLetters(before: LoadedSubmission, change: Change, after: LoadedSubmission): Change {
  if (before.status !== 'UNRESOLVED' || after.status !== 'UNRESOLVED') return change;
  const lost = after.registrations.filter(
    (row) => row.status === 'UNRESOLVED' && registrationOf(before, row.leg)?.status !== 'UNRESOLVED',
  );
  return lost.length === 0
    ? change
    : { ...change, deadLetters: [...(change.deadLetters ?? []), ...lost.map(letterOf)] };
}
