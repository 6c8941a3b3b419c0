import {
  mayMove,
  type CallbackDraft,
  type Change,
  type DeadLetterDraft,
  type LoadedSubmission,
  type Plan,
  type Registration,
  type ResultDraft,
  type Verdict,
} from '@countersign/flow';
import type { Visit } from './visit.ts';

/** Closes the books as soon as the end is decided, and lays the callback ready in the same commit: the one way out. */
export function conclude(visit: Visit, plan: Plan): void {
  visit.note((submission) => verdictOf(plan, submission));
}

export function verdictOf(plan: Plan, submission: LoadedSubmission): Change | null {
  const verdict = plan.conclude(submission);
  if (!verdict || verdict.status === submission.status || !mayMove(submission.status, verdict.status)) return null;
  const error = verdict.failure ? { error: `${verdict.failure.code}: ${verdict.failure.message}` } : {};
  const reason = verdict.reason === undefined ? {} : { reason: verdict.reason };
  const letters = verdict.status === 'UNRESOLVED' ? unresolvedLetters(submission, verdict) : (verdict.letters ?? []);
  return {
    status: verdict.status,
    failure: verdict.failure ?? null,
    ...(verdict.facts ? { facts: verdict.facts } : {}),
    entries: [{ type: 'status', from: submission.status, to: verdict.status, ...error, ...reason }],
    ...callbackOf(submission, verdict.status),
    ...resultOf(plan, submission, verdict),
    ...(letters.length > 0 ? { deadLetters: letters } : {}),
  };
}

/** What the kind's results feed says of an end, where the kind has one. */
export function resultOf(plan: Plan, submission: LoadedSubmission, verdict: Verdict): { results?: ResultDraft[] } {
  return plan.result ? { results: [plan.result(submission, verdict)] } : {};
}

/** The callback that tells of a move (a status, or a plan's own word), where the client has a letterbox. */
export function callbackOf(submission: LoadedSubmission, word: string): { callbacks?: CallbackDraft[] } {
  if (submission.callbackUrl === null) return {};
  return { callbacks: [{ type: `${submission.kind}.${word.toLowerCase()}` }] };
}

/** One for each leg nobody knows the end of; where every leg is settled and the end is unknown all the same, one for that. */
function unresolvedLetters(submission: LoadedSubmission, { failure }: Verdict): readonly DeadLetterDraft[] {
  const legs = submission.registrations.filter((r) => r.status === 'UNRESOLVED').map(letterOf);
  if (legs.length > 0) return legs;
  const provider = failure?.provider === undefined ? {} : { provider: failure.provider };
  return [
    { step: 'conclude', ...provider, code: failure?.code ?? 'UNRESOLVED', message: failure?.message ?? 'unknown' },
  ];
}

export function letterOf(r: Registration): DeadLetterDraft {
  return {
    step: r.told ? 'poll' : 'register',
    leg: r.leg,
    provider: r.provider,
    code: r.failure?.code ?? 'UNRESOLVED',
    message: r.failure?.message ?? `${r.provider} could not be asked`,
  };
}
