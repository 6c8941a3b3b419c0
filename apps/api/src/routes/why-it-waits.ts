import { isFinal, iso, isSettled, type Registration, type Submission } from '@countersign/flow';

/**
 * Why a submission is not finished, one sentence per reason, for operators. Pure: `nowMs` is the database's clock as far as
 * we know it. Empty when it has its end.
 */
export function whyItWaits(submission: Submission, nowMs: number): readonly string[] {
  if (isFinal(submission.status)) return [];
  if (submission.status === 'PENDING')
    return ['Accepted and committed; no worker has taken it up yet (it waits in the queue, or for the dispatcher).'];
  const open = submission.registrations.filter((registration) => !isSettled(registration.status));
  if (open.length === 0) return ['Every third party has said its last word; a worker is about to close the books.'];
  return open.map((registration) => `${registration.provider}: ${reasonOf(registration, nowMs)}`);
}

function reasonOf(row: Registration, nowMs: number): string {
  if (row.status === 'UNRESOLVED') return unresolved(row, nowMs);
  if (row.tellingSince !== null) return `attempt ${row.attempts} is under way since ${iso(row.tellingSince)}.`;
  const when = row.dueAt === null || row.dueAt <= nowMs ? 'now' : `at ${iso(row.dueAt)}`;
  if (row.told)
    return `it is in their books and not settled; look ${row.looks + 1} is due ${when}, or their webhook comes first.`;
  if (row.ambiguousUntil !== null && row.ambiguousUntil > nowMs) {
    return `attempt ${row.attempts} got no answer and may still take effect until ${iso(row.ambiguousUntil)}; nothing is sent again before. A look is due ${when}.`;
  }
  if (row.attempts > 0)
    return `attempt ${row.attempts} did not succeed; the next one, with a look before it, is due ${when}.`;
  return `it has not been told yet; that is due ${when}.`;
}

function unresolved(row: Registration, nowMs: number): string {
  const reason = row.failure ? `${row.failure.code}: ${row.failure.message}. ` : '';
  if (row.dueAt === null) return `${reason}We stopped looking. Their webhook, a replay or your verdict settles it.`;
  return `${reason}We still look, next ${row.dueAt <= nowMs ? 'now' : `at ${iso(row.dueAt)}`}. Their webhook, a replay or your verdict settles it too.`;
}
