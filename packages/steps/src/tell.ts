import {
  isSettled,
  registrationOf,
  type Answer,
  type Change,
  type LoadedSubmission,
  type Provider,
  type Registration,
} from '@countersign/flow';
import { changeOf, entryOf, hearWord } from './hear.ts';
import { documentOf } from './record.ts';
import type { Visit } from './visit.ts';

/**
 * If more than this passed between the intent and the call's first byte (the process was stopped, the machine was starved)
 * the call is not made: whoever took over counts the ambiguous window from the intent. Where our key makes a second call
 * harmless it is made all the same.
 */
export const SEND_WITHIN_MS = 2_000;
/** Not having sent is our own trouble: no try of the submission's, and no reason to wait as if they had failed. */
const UNSENT: Answer = { type: 'busy', forMs: 1_000, evidence: { requestId: '-', durationMs: 0 } };

/**
 * Tells them once. The intent, with its number and its start t0, is committed before the call; only the visit whose
 * intent it is may call. Returns how long our own limits bid us wait, else undefined.
 */
export async function tell(
  visit: Visit,
  provider: Provider,
  row: Registration,
  signal: AbortSignal,
): Promise<number | undefined> {
  const attempt = row.attempts + 1;
  const startedMs = performance.now();
  const mine = await visit.commit((s) => intend(s, row, attempt, provider));
  if (!mine) return undefined;
  const { submission, house } = visit;
  const isHarmlessTwice = visit.nowMs() - submission.createdAt < (provider.idempotentForMs ?? 0);
  let lateMs: number | undefined;
  const isInTime = (): boolean => {
    const sinceMs = performance.now() - startedMs;
    if (sinceMs <= SEND_WITHIN_MS || isHarmlessTwice) return true;
    lateMs = sinceMs;
    return false;
  };
  // Some tell by several requests (sign in, open the shift, sell): the first one counts, or a slow one would never be told.
  let hasBegun = false;
  const given = isInTime()
    ? await provider.tell({
        submission,
        registration: registrationOf(submission, row.leg) ?? row,
        webhookUrl: house.webhookUrl(row.provider, submission.id),
        signal,
        // Between here and the first byte stand our limits for them and perhaps a new connection.
        isStillDue: () => (hasBegun ||= isInTime()),
        document: () => documentOf(house, submission.id),
      })
    : UNSENT;
  const answer = lateMs === undefined ? given : UNSENT;
  const why =
    lateMs === undefined
      ? 'the limit for this destination is used up'
      : `${Math.round(lateMs)} ms had passed since the intent`;
  visit.note((s) => afterTell(s, row, { attempt, answer, provider, why }));
  if (answer.type !== 'busy') return undefined;
  await visit.commit();
  return answer.forMs;
}

/** The fence: only the visit whose intent is committed may call, and only for the try it counted. */
function intend(s: LoadedSubmission, row: Registration, attempt: number, provider: Provider): Change | null {
  const fresh = registrationOf(s, row.leg);
  if (
    !fresh ||
    fresh.status !== 'PENDING' ||
    fresh.told ||
    fresh.tellingSince !== null ||
    fresh.attempts !== row.attempts
  )
    return null;
  return {
    registrations: [{ leg: row.leg, attempts: attempt, telling: true, dueInMs: null }],
    entries: [{ type: 'attempt.started', provider: row.provider, attempt }],
    agendaInMs: provider.timeoutMs + SEND_WITHIN_MS,
  };
}

interface Told {
  readonly attempt: number;
  readonly answer: Answer;
  readonly provider: Provider;
  /** Why it was not sent, where it was not. */
  readonly why: string;
}

function afterTell(s: LoadedSubmission, row: Registration, { attempt, answer, provider, why }: Told): Change | null {
  const entry = entryOf('attempt', row, answer, attempt);
  const fresh = registrationOf(s, row.leg);
  if (!fresh || isSettled(fresh.status)) return { entries: [entry] };
  const heard = hearWord(s, row.leg, answer, provider);
  if (heard) return changeOf(heard, entry, answer);
  // Somebody closed this try meanwhile, and may be at the next: what stands there now is theirs.
  if (fresh.tellingSince === null || fresh.attempts !== attempt) return { entries: [entry] };
  const leg = { leg: row.leg, telling: false };
  if (answer.type === 'busy') {
    // Begun in the history, so it ends there too; it is no try.
    const unsent = { ...entry, reason: `not sent: ${why}` };
    return changeOf({ ...leg, attempts: attempt - 1, dueInMs: answer.forMs }, unsent);
  }
  // From the call's own beginning: under load it may have come a while after the intent.
  const againMs = Math.max(0, windowMs(provider) - answer.evidence.durationMs);
  if (answer.type === 'rejected')
    return changeOf(afterRejection(fresh, answer.failure, provider.retry.retries, againMs), entry, answer);
  const asked = answer.type === 'unclear' ? (answer.retryAfterMs ?? 0) : 0;
  if (answer.type === 'unclear' && answer.effect === 'none')
    return changeOf({ ...leg, dueInMs: Math.max(againMs, asked) }, entry, answer);
  // One early look finds what was kept at once; then silence until the window is over.
  return changeOf(
    {
      ...leg,
      ambiguousInMs: Math.max(againMs, asked),
      dueInMs: Math.max(Math.min(againMs, provider.poll.firstMs), asked),
    },
    entry,
    answer,
  );
}

/** A 4xx is final, unless an earlier try may have taken effect: then their books decide, after the window. */
function afterRejection(row: Registration, failure: Registration['failure'], retries: number, dueInMs: number) {
  if (row.ambiguousUntil === null)
    return { leg: row.leg, telling: false, status: 'REFUSED' as const, dueInMs: null, failure };
  return { leg: row.leg, telling: false, attempts: retries + 1, failure, dueInMs };
}

/** The ambiguous window, a sixtieth (at most 2 s) longer than asked: the request reaches them a little after the intent. */
export function windowMs(provider: Provider): number {
  const { retryDelayMs } = provider.retry;
  return retryDelayMs + Math.min(SEND_WITHIN_MS, Math.ceil(retryDelayMs / 60));
}
