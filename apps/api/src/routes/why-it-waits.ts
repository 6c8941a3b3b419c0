import { isFinal, iso, isSettled, type Entry, type Registration, type Submission } from '@countersign/flow';
import { BANK } from '@countersign/providers';
import { whatToDo } from './what-to-do.ts';

/** One reason why a submission is not finished, for operators. */
export interface Wait {
  /** The third party; null: ourselves, or the client. */
  readonly who: string | null;
  readonly reason: string;
  /** What they said last, in one line; null: nothing yet. */
  readonly answered: string | null;
  /** What an operator does about it. */
  readonly act: string;
}

export interface Known {
  /** The database's clock as far as we know it. */
  readonly nowMs: number;
  readonly timeline: readonly (Entry & { readonly at: number })[];
  /** Why the bank takes no payouts now; null: it does, or it has nothing to do with it. */
  readonly bankTrouble: string | null;
}

/** Pure. Empty when it has its end and the client has heard of it. */
export function whyItWaits(submission: Submission, known: Known): readonly Wait[] {
  if (isFinal(submission.status)) return callbackWaits(known);
  if (submission.status === 'PENDING') {
    const reason =
      'accepted and committed; no worker has taken it up yet (it waits in the queue, or for the dispatcher).';
    return [ours(reason, 'Nothing. If it lasts: is a worker up, and does one serve the queue "record" (Overview)?')];
  }
  const open = submission.registrations.filter((registration) => !isSettled(registration.status));
  if (open.length === 0)
    return [ours('every third party has said its last word; a worker is about to close the books.', 'Nothing.')];
  return [...open.map((row) => waitOf(submission.id, row, known)), ...callbackWaits(known)];
}

function ours(reason: string, act: string): Wait {
  return { who: null, reason, answered: null, act };
}

function waitOf(id: string, row: Registration, known: Known): Wait {
  const answers = known.timeline.filter((entry) => entry.provider === row.provider && ANSWERS.has(entry.type));
  // A webhook of an earlier state may come after the one that made it UNRESOLVED.
  const telling = row.status === 'UNRESOLVED' ? answers.findLast((entry) => entry.to !== 'pending') : undefined;
  const last = telling ?? answers.at(-1);
  const [reason, act] = reasonOf(id, row, last, known);
  return { who: row.provider, reason, answered: last ? answerOf(last) : null, act };
}

/** What a third party answered, or did not. */
const ANSWERS = new Set(['look', 'attempt', 'poll', 'webhook']);

function answerOf({ type, attempt, at, statusCode, to, error, reason }: Entry & { readonly at: number }): string {
  const more = error === `answered ${statusCode}` ? undefined : (error ?? reason);
  const said = [statusCode, to, more].filter((part) => part !== undefined).join(', ');
  return `${type}${attempt === undefined ? '' : ` ${attempt}`} at ${iso(at)}: ${said}`;
}

function reasonOf(
  id: string,
  row: Registration,
  last: Entry | undefined,
  { nowMs, bankTrouble }: Known,
): readonly [string, string] {
  if (row.status === 'UNRESOLVED') return [unresolved(row, nowMs), whatToDo(row.failure?.code)];
  if (row.tellingSince !== null)
    return [`attempt ${row.attempts} is under way since ${iso(row.tellingSince)}.`, 'Nothing.'];
  const when = row.dueAt === null || row.dueAt <= nowMs ? 'now' : `at ${iso(row.dueAt)}`;
  if (row.told) return toldAndOpen(id, row, last, when);
  if (bankTrouble !== null)
    return [
      `it is in no file the bank has taken, and the bank takes none now: ${bankTrouble}.`,
      'See to what is not well; payouts then go out by themselves, and cost no attempt while they wait.',
    ];
  if (row.ambiguousUntil !== null && row.ambiguousUntil > nowMs) {
    const until = iso(row.ambiguousUntil);
    const reason = `attempt ${row.attempts} got no answer and may still take effect until ${until}; nothing is sent again before. A look is due ${when}.`;
    return [reason, `Nothing: it goes on by itself. Is ${row.provider} up?`];
  }
  if (row.attempts > 0) {
    const reason = `attempt ${row.attempts} did not succeed; the next one, with a look before it, is due ${when}.`;
    return [reason, `Nothing: it goes on by itself. Is ${row.provider} up?`];
  }
  return [`it has not been told yet; that is due ${when}.`, 'Nothing.'];
}

function toldAndOpen(id: string, row: Registration, last: Entry | undefined, when: string): readonly [string, string] {
  if (row.provider === BANK) {
    const name = id.replaceAll('-', '');
    return [
      `it is in a file the bank took; the bank's messages tell its end. It is UNRESOLVED if none has by ${when.replace(/^at /, '')}.`,
      `Nothing: payments take their time. To hurry it, ask the bank about the EndToEndId ${name}.`,
    ];
  }
  const next = `look ${row.looks + 1} is due ${when}, or their webhook comes first`;
  const name = row.reference ?? id;
  if (last?.to === 'none')
    return [
      `they acknowledged it, and now say they have no record of it; ${next}.`,
      `Ask ${row.provider} about ${name}: nothing is told twice, so only they can say what became of it.`,
    ];
  const hurry = `To hurry it, ask ${row.provider} about ${name}.`;
  return [`it is in their books and not settled; ${next}.`, `Nothing: waiting for them is not being stuck. ${hurry}`];
}

function unresolved(row: Registration, nowMs: number): string {
  const reason = row.failure ? `${row.failure.code}: ${row.failure.message}. ` : '';
  if (row.dueAt === null) return `${reason}We stopped looking. Their webhook, a replay or your verdict settles it.`;
  return `${reason}We still look, next ${row.dueAt <= nowMs ? 'now' : `at ${iso(row.dueAt)}`}. Their webhook, a replay or your verdict settles it too.`;
}

/** The last callback was not taken: it is sent again by schedule, or was given up. */
function callbackWaits({ timeline }: Known): Wait[] {
  const last = timeline.findLast((entry) => entry.type === 'callback');
  if (!last || (last.statusCode !== undefined && last.statusCode >= 200 && last.statusCode < 300)) return [];
  const reason = `${last.to ?? 'the callback'} was not taken by the client's endpoint; it is sent again by schedule, or after the last try is a dead letter.`;
  return [
    {
      who: 'client',
      reason,
      answered: answerOf(last),
      act: 'Tell the client. When its endpoint works again, a dead letter is sent once more by a replay.',
    },
  ];
}
