import {
  mayMove,
  type CallbackDraft,
  type Change,
  type LoadedSubmission,
  type Plan,
  type Status,
} from '@countersign/flow';
import type { Visit } from './visit.ts';

/** Closes the books as soon as the end is decided, and lays the callback ready in the same commit: the one way out. */
export function conclude(visit: Visit, plan: Plan): void {
  visit.note((submission) => verdictOf(plan, submission));
}

export function verdictOf(plan: Plan, submission: LoadedSubmission): Change | null {
  const verdict = plan.conclude(submission);
  if (!verdict || verdict.status === submission.status || !mayMove(submission.status, verdict.status)) return null;
  const reason = verdict.failure ? { error: `${verdict.failure.code}: ${verdict.failure.message}` } : {};
  return {
    status: verdict.status,
    failure: verdict.failure ?? null,
    ...(verdict.facts ? { facts: verdict.facts } : {}),
    entries: [{ type: 'status', from: submission.status, to: verdict.status, ...reason }],
    ...callbackOf(submission, verdict.status),
    ...(verdict.status === 'UNRESOLVED' ? { deadLetters: unresolvedLetters(submission) } : {}),
  };
}

/** The callback that tells of a move, where the client has a letterbox. */
export function callbackOf(submission: LoadedSubmission, status: Status | 'PENDING'): { callbacks?: CallbackDraft[] } {
  if (submission.callbackUrl === null) return {};
  return { callbacks: [{ type: `${submission.kind}.${status.toLowerCase()}` }] };
}

function unresolvedLetters(submission: LoadedSubmission): NonNullable<Change['deadLetters']> {
  return submission.registrations
    .filter((r) => r.status === 'UNRESOLVED')
    .map((r) => ({
      step: r.told ? 'poll' : 'register',
      leg: r.leg,
      provider: r.provider,
      code: r.failure?.code ?? 'UNRESOLVED',
      message: r.failure?.message ?? `${r.provider} could not be asked`,
    }));
}
