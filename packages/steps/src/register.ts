import {
  isSettled,
  registrationOf,
  type Answer,
  type Change,
  type LoadedSubmission,
  type Plan,
  type Provider,
  type Registration,
} from '@countersign/flow';
import { callbackOf } from './conclude.ts';
import { changeOf, closingTry, entryOf, hearWord, isAsAsked, unresolved } from './hear.ts';
import { SEND_WITHIN_MS, tell, windowMs } from './tell.ts';
import type { Visit } from './visit.ts';

/**
 * Registers one leg: asks before it tells. Returns how long our own limits bid us wait, else undefined; where the leg
 * then stands is in the row. Order of safety: the intent (t0, by the database's clock) is committed before the call;
 * after an outcome nobody knows nothing is sent again before t0 + the retry delay, because the original third party
 * applies half of its 504s up to 120 s late.
 */
export async function register(
  visit: Visit,
  plan: Plan,
  row: Registration,
  signal: AbortSignal,
): Promise<number | undefined> {
  const provider = visit.house.provider(row.provider);
  if (row.tellingSince !== null) return await closeLostTry(visit, provider, row);
  if (!isFirstTry(visit, provider, row)) {
    const look = await lookFirst(visit, plan, row, signal);
    if (look.type === 'busy') return look.forMs;
    if (look.type !== 'none') return undefined;
  }
  const now = registrationOf(visit.submission, row.leg);
  if (!now || now.status !== 'PENDING' || (now.dueAt !== null && now.dueAt > visit.nowMs())) return undefined;
  return await tell(visit, provider, now, signal);
}

/**
 * Nobody has told them yet, and even if somebody had, the key would still be fresh: where they honour keys there is
 * nothing to ask. Any later try looks first, so a key older than theirs is never used blindly.
 */
function isFirstTry(visit: Visit, { idempotentForMs = 0, looksFirst }: Provider, row: Registration): boolean {
  const youngEnough = visit.nowMs() - visit.submission.createdAt < idempotentForMs;
  return (youngEnough || looksFirst === false) && row.attempts === 0 && row.looks === 0 && row.ambiguousUntil === null;
}

/** An intent without an outcome: its process died, or is still at it. After the call's own time-out it is surely over. */
async function closeLostTry(visit: Visit, provider: Provider, row: Registration): Promise<number | undefined> {
  const since = row.tellingSince ?? 0;
  const overInMs = since + provider.timeoutMs + SEND_WITHIN_MS - visit.nowMs();
  if (overInMs > 0) return overInMs;
  const ambiguousInMs = Math.max(0, since + windowMs(provider) + SEND_WITHIN_MS - visit.nowMs());
  visit.note((submission) => {
    const fresh = registrationOf(submission, row.leg);
    if (fresh?.tellingSince !== since) return null;
    return {
      registrations: [{ leg: row.leg, telling: false, ambiguousInMs, dueInMs: 0 }],
      entries: [
        {
          type: 'attempt',
          provider: row.provider,
          attempt: row.attempts,
          to: 'unclear',
          error: 'our process was lost during the call',
        },
      ],
    };
  });
  await visit.commit();
  return undefined;
}

async function lookFirst(visit: Visit, plan: Plan, row: Registration, signal: AbortSignal): Promise<Answer> {
  const { submission, house } = visit;
  const provider = house.provider(row.provider);
  const answer = await provider.look({
    submission,
    registration: row,
    // Made only for who reads it: a look does not, and it costs a MAC.
    get webhookUrl() {
      return house.webhookUrl(row.provider, submission.id);
    },
    signal,
  });
  if (answer.type === 'busy') return answer;
  visit.note((s) => {
    const change = afterLook(s, row, answer, provider, visit.nowMs());
    return change && plan.tellsPending && isStillUnknown(s, row, change, visit.nowMs())
      ? { ...change, ...callbackOf(s, 'PENDING') }
      : change;
  });
  return answer;
}

/** The look at 200 ms, after a try whose outcome nobody knows, brought no end either: the client may hear that it takes longer. */
function isStillUnknown(s: LoadedSubmission, { leg }: Registration, change: Change, nowMs: number): boolean {
  const fresh = registrationOf(s, leg);
  const inWindow = fresh?.status === 'PENDING' && !fresh.told && (fresh.ambiguousUntil ?? 0) > nowMs;
  return inWindow && change.registrations?.some((each) => each.leg === leg && each.status === undefined) === true;
}

function afterLook(
  s: LoadedSubmission,
  row: Registration,
  answer: Answer,
  provider: Provider,
  nowMs: number,
): Change | null {
  const entry = entryOf('look', row, answer, row.looks + 1);
  const fresh = registrationOf(s, row.leg);
  if (!fresh || isSettled(fresh.status)) return { entries: [entry] };
  const heard = hearWord(s, row.leg, answer, provider);
  if (heard) return closingTry(fresh, changeOf({ looks: row.looks + 1, ...heard }, entry, answer));
  if (!isAsAsked(row, fresh)) return { entries: [entry] };
  const looked = { leg: row.leg, looks: row.looks + 1 };
  const spent = fresh.attempts > provider.retry.retries;
  if (answer.type === 'none') {
    const stillMs = (fresh.ambiguousUntil ?? 0) - nowMs;
    // A "not found" inside the window proves nothing.
    if (stillMs > 0) return changeOf({ ...looked, dueInMs: stillMs }, entry);
    if (!spent) return changeOf(looked, entry);
    const failure =
      fresh.failure ??
      unresolved(fresh, 'NOT_REGISTERED', `${row.provider} has no record of it after ${fresh.attempts} attempts`);
    return changeOf({ ...looked, status: 'REFUSED', dueInMs: null, failure }, entry);
  }
  // We could not ask. Telling blindly could do it twice, so this costs a try without one being sent.
  const failure = unresolved(
    fresh,
    'PROVIDER_UNREACHABLE',
    `${row.provider} could not be asked: ${answer.type === 'unclear' ? answer.reason : answer.type}`,
  );
  if (spent)
    return changeOf(
      { ...looked, status: 'UNRESOLVED', looking: true, failure, dueInMs: provider.retry.retryDelayMs },
      entry,
    );
  const asked = answer.type === 'unclear' ? (answer.retryAfterMs ?? 0) : 0;
  return changeOf(
    { ...looked, attempts: fresh.attempts + 1, dueInMs: Math.max(provider.retry.retryDelayMs, asked) },
    entry,
  );
}
