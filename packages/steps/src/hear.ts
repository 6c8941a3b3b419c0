import {
  isSettled,
  pollDelayMs,
  registrationOf,
  withJitter,
  type Answer,
  type Change,
  type Entry,
  type Failure,
  type LoadedSubmission,
  type Provider,
  type Registration,
  type RegistrationChange,
} from '@countersign/flow';

/**
 * Turns a third party's settling or pending word into a change; undefined for words that settle nothing
 * (`none`, `rejected`, `unclear`, `busy`): what those mean depends on whether we looked or told.
 * A settled leg hears nothing more: a late, doubled or contradicting word only leaves its line in the history.
 */
export function hearWord(
  submission: LoadedSubmission,
  leg: string,
  answer: Answer,
  provider: Pick<Provider, 'poll'>,
): RegistrationChange | undefined {
  const row = registrationOf(submission, leg);
  if (!row || isSettled(row.status)) return undefined;
  const reference = 'reference' in answer && answer.reference !== undefined ? { reference: answer.reference } : {};
  const known = { leg, telling: false, told: true, ambiguousInMs: null, ...reference };
  switch (answer.type) {
    case 'done':
      return { ...known, status: 'DONE', dueInMs: null, failure: null };
    case 'refused':
      return { ...known, status: 'REFUSED', dueInMs: null, failure: answer.failure };
    case 'stuck':
      return {
        ...known,
        ...(row.status === 'PENDING' ? { status: 'UNRESOLVED' } : {}),
        dueInMs: null,
        failure: answer.failure,
      };
    case 'pending':
      // An UNRESOLVED leg stays so until it settles; a fresh one now begins to be looked at.
      return row.told
        ? { leg, ...reference }
        : { ...known, looking: true, looks: 0, dueInMs: pollDelayMs(provider.poll, 0) };
    default:
      return undefined;
  }
}

/** The history line of one call. */
export function entryOf(type: string, row: Registration, answer: Answer, attempt: number): Entry {
  const { requestId, statusCode, durationMs, error } = answer.evidence;
  return {
    type,
    provider: row.provider,
    attempt,
    requestId,
    durationMs: Math.round(durationMs),
    to: answer.type,
    ...(statusCode === undefined ? {} : { statusCode }),
    ...(error === undefined ? reasonOf(answer) : { error }),
  };
}

function reasonOf(answer: Answer): { error?: string; reason?: string } {
  if (answer.type === 'pending' && answer.said !== undefined) return { reason: answer.said };
  if (answer.type === 'unclear') return { error: answer.reason };
  if (answer.type === 'refused' || answer.type === 'rejected' || answer.type === 'stuck')
    return { error: answer.failure.message };
  return {};
}

/** A change of one leg with its history line, and what their word adds to the resource. */
export function changeOf(registration: RegistrationChange | undefined, entry: Entry, answer?: Answer): Change {
  const facts = answer !== undefined && 'facts' in answer && answer.facts !== undefined ? { facts: answer.facts } : {};
  return registration ? { registrations: [registration], entries: [entry], ...facts } : { entries: [entry] };
}

/**
 * For a word that came by another way than the answer of a try: where the try is still open, its line is closed. Whoever
 * makes it may be dead, and nobody looks after a leg that is told; if they live, the answer's own line follows.
 */
export function closingTry(row: Registration, change: Change): Change {
  const closes = change.registrations?.some(({ leg, telling }) => leg === row.leg && telling === false) === true;
  if (!closes || row.tellingSince === null) return change;
  const { provider, attempts: attempt } = row;
  const entry = { type: 'attempt', provider, attempt, to: 'unclear', reason: 'they told of it before its answer came' };
  return { ...change, entries: [...(change.entries ?? []), entry] };
}

export function unresolved(row: Registration, code: string, message: string): Failure {
  return { code, provider: row.provider, message };
}

/** When to look again: the policy's delay with jitter, and never sooner than they asked. */
export function nextLookMs(provider: Provider, looks: number, answer: Answer, random: number): number {
  const delay = looks <= 1 ? pollDelayMs(provider.poll, looks) : withJitter(pollDelayMs(provider.poll, looks), random);
  const asked = answer.type === 'unclear' ? (answer.retryAfterMs ?? 0) : 0;
  return Math.max(delay, asked);
}

/** Whether nobody has told them anything since `row` was read. If somebody has, a "not found" asked before proves nothing. */
export function isAsAsked(row: Registration, fresh: Registration): boolean {
  return fresh.attempts === row.attempts && fresh.tellingSince === row.tellingSince && fresh.told === row.told;
}
