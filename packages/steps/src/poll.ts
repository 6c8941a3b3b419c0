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
import { changeOf, closingTry, entryOf, hearWord, isAsAsked, nextLookMs, unresolved } from './hear.ts';
import type { Visit } from './visit.ts';

/** Looks once at a leg they have acknowledged (or that is UNRESOLVED). Returns how long our own limits bid us wait, if they do. */
export async function poll(
  visit: Visit,
  plan: Plan,
  row: Registration,
  signal: AbortSignal,
): Promise<number | undefined> {
  const { house, submission } = visit;
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
  if (answer.type === 'busy') return answer.forMs;
  const random = house.random();
  visit.note((s) => {
    visit.overtaken = (registrationOf(s, row.leg)?.looks ?? 0) > row.looks;
    return afterPoll(s, plan, row, answer, provider, visit.nowMs(), random);
  });
  return undefined;
}

export function afterPoll(
  s: LoadedSubmission,
  plan: Plan,
  row: Registration,
  answer: Answer,
  provider: Provider,
  nowMs: number,
  random: number,
): Change | null {
  const looks = row.looks + 1;
  const entry = entryOf('poll', row, answer, looks);
  const fresh = registrationOf(s, row.leg);
  if (!fresh || isSettled(fresh.status)) return { entries: [entry] };
  const heard = hearWord(s, row.leg, answer, provider);
  if (heard?.status) return closingTry(fresh, changeOf({ ...heard, looks }, entry, answer));
  if (!isAsAsked(row, fresh)) return { entries: [entry] };
  if (answer.type === 'none' && !fresh.told && (fresh.ambiguousUntil ?? 0) <= nowMs) {
    // Never acknowledged, and no try can take effect any more: now their "not found" is the truth.
    const failure = unresolved(fresh, 'NOT_REGISTERED', `${row.provider} has no record of it`);
    return changeOf({ leg: row.leg, looks, status: 'REFUSED', dueInMs: null, failure }, entry);
  }
  const sinceMs = nowMs - (fresh.lookingSince ?? fresh.updatedAt);
  const first = looks === 1 && plan.tellsPending === true && fresh.status === 'PENDING';
  const maxAgeMs = plan.lookForMs?.(s, provider.poll.maxAgeMs) ?? provider.poll.maxAgeMs;
  const leftMs = plan.lookForMs ? maxAgeMs - sinceMs : 0;
  const dueInMs = untilDeadline(nextLookMs(provider, looks, answer, random), leftMs, answer);
  if (sinceMs + dueInMs <= maxAgeMs) {
    return {
      ...changeOf({ ...heard, leg: row.leg, looks, dueInMs }, entry),
      ...(first ? callbackOf(s, 'PENDING') : {}),
    };
  }
  const failure = unresolved(
    fresh,
    'NO_END_IN_SIGHT',
    `${row.provider} gave no final status within ${Math.round(maxAgeMs / 1000)} s`,
  );
  const ended = fresh.status === 'PENDING' ? { status: 'UNRESOLVED' as const, failure } : {};
  return changeOf({ leg: row.leg, looks, dueInMs: null, ...ended }, entry);
}

/** Where the submission has a deadline of its own the last look is at the deadline, not somewhat before it; unless they asked for more time. */
function untilDeadline(dueInMs: number, leftMs: number, answer: Answer): number {
  const asked = answer.type === 'unclear' ? (answer.retryAfterMs ?? 0) : 0;
  return leftMs > 0 && asked <= leftMs ? Math.min(dueInMs, leftMs) : dueInMs;
}
