import {
  registrationOf,
  type Change,
  type DeadLetterDraft,
  type LoadedSubmission,
  type Registration,
  type Verdict,
} from '@countersign/flow';

/** One for each leg nobody knows the end of; where every leg is settled and the end is unknown all the same, one for that. */
export function unresolvedLetters(submission: LoadedSubmission, { failure }: Verdict): readonly DeadLetterDraft[] {
  const legs = submission.registrations.filter((r) => r.status === 'UNRESOLVED').map(letterOf);
  if (legs.length > 0) return legs;
  const provider = failure?.provider === undefined ? {} : { provider: failure.provider };
  return [
    { step: 'conclude', ...provider, code: failure?.code ?? 'UNRESOLVED', message: failure?.message ?? 'unknown' },
  ];
}

function letterOf(r: Registration): DeadLetterDraft {
  return {
    step: r.told ? 'poll' : 'register',
    leg: r.leg,
    provider: r.provider,
    code: r.failure?.code ?? 'UNRESOLVED',
    message: r.failure?.message ?? `${r.provider} could not be asked`,
  };
}

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
