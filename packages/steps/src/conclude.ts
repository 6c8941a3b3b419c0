import {
  mayMove,
  type CallbackDraft,
  type Change,
  type LoadedSubmission,
  type Plan,
  type ResultDraft,
  type Verdict,
} from '@countersign/flow';
import { unresolvedLetters } from './letters.ts';
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
