import { endsOf } from './kinds/kinds.ts';
import type { Call, Ledger, Op, Page, TimelineEntry } from './ledger.ts';
import { byOp, finalOf } from './readings.ts';

/** The last words third parties have, by which a record has its end. */
const LAST_WORDS: Readonly<Record<string, RegExp>> = {
  registry: /^(completed|declined)$/,
  tax: /^(DONE|ERROR)$/,
  warehouse: /^(DONE|ERROR)$/,
  'on-ramp': /^(payment_processed|refunded|canceled)$/,
  'off-ramp': /^(payment_processed|refunded|canceled)$/,
  CSP_A: /^(COMPLETE|SUCCESS|FAILED|FAILURE)$/,
};
/** A no to a call that is no word about the submission: silence, a broken answer, a 5xx. `abandoned`: we left before they could answer. */
const NO_WORD = /^(silence|reset|huge|drip|5\d\d|429|408|425)$/;
const WORD = /^(2\d\d|404)$/;
/** From the end of a call to its line in the timeline. */
const NOTED_WITHIN_MS = 500;

/**
 * What an op that stands at UNRESOLVED could have known, by the books of its third party and by our own faults; undefined: nothing.
 * UNRESOLVED is right where they are stuck for ever, or were out of reach whenever they were asked. An answer that our own process
 * lost (killed, frozen, out of time) is none: it has to ask again.
 */
export function chanceOf(ledger: Ledger, op: Op): string | undefined {
  const pages = byOp(ledger).pages.get(op.n) ?? [];
  switch (endsOf(op)) {
    case 'maybe never':
      return undefined;
    case 'by a webhook':
      return isUnheard(pages) ? undefined : answerHad(ledger, op, pages);
    case 'either':
      return 'its third party has given it an end, whichever it is';
    default:
      return op.kind === 'payout' || op.kind === 'cost-job'
        ? 'its third party tells what becomes of it'
        : answerHad(ledger, op, pages);
  }
}

/** Asking tells nothing of them, so what counts is whether we took their webhook. */
function isUnheard(pages: readonly Page[]): boolean {
  return pages.some(
    ({ party, fate, webhooks }) =>
      fate?.startsWith('webhook-only') === true &&
      !webhooks.some(({ status, forged, outcome }) => !forged && outcome.startsWith('2') && isLastWord(party, status)),
  );
}

const isLastWord = (party: string, status: string | null): boolean => LAST_WORDS[party]?.test(status ?? '') ?? true;

function answerHad(ledger: Ledger, op: Op, all: readonly Page[]): string | undefined {
  if (all.some(({ party, effects, status }) => effects > 0 && !isLastWord(party, status))) return undefined;
  const party = finalOf(ledger, op)?.errorProvider ?? all[0]?.party;
  const pages = all.filter((page) => page.party === party);
  const since = Math.max(0, ...pages.map(lastNewsMs));
  const calls = pages.flatMap(({ requests }) => requests).filter(({ at }) => Date.parse(at) >= since);
  const had = calls.find((call) => WORD.test(call.outcome) && !isOutOfReach(ledger, Date.parse(call.at)));
  if (had) return `${party ?? '?'} answered ${had.outcome} to our ${had.method} at ${had.at}`;
  const asked = (byOp(ledger).stories.get(op.n)?.entries ?? []).filter(
    ({ type, provider, at }) => provider === party && /^(look|poll|attempt)$/.test(type) && Date.parse(at) >= since,
  );
  if (asked.length === 0) return `nobody has asked ${party ?? 'any third party'} since its books had it`;
  const lost = asked.find((entry) => !gaveNoWord(ledger, entry, calls));
  return (
    lost && `our ${lost.type} at ${lost.at} came to nothing (${lost.error ?? '?'}), and ${party ?? '?'} was in reach`
  );
}

/** From here on asking tells the truth: told for the last time, and its end is in the books. */
function lastNewsMs({ requests, statuses, effects }: Page): number {
  const told = requests.filter(({ method }) => method === 'POST').map(({ at }) => Date.parse(at));
  const settled = effects > 0 ? [Date.parse(statuses.at(-1)?.at ?? '')].filter((at) => !Number.isNaN(at)) : [];
  return Math.max(0, ...told, ...settled);
}

function gaveNoWord(ledger: Ledger, { at }: TimelineEntry, calls: readonly Call[]): boolean {
  const endedMs = Date.parse(at);
  const beganMs = endedMs - ledger.settings.timeoutMs - NOTED_WITHIN_MS;
  if (isOutOfReach(ledger, endedMs, beganMs)) return true;
  return calls.some(
    (call) => NO_WORD.test(call.outcome) && Date.parse(call.at) >= beganMs && Date.parse(call.at) <= endedMs,
  );
}

/** A fault lay between us and all third parties. Our own processes' and stores' troubles are none of theirs. */
function isOutOfReach({ injections }: Ledger, toMs: number, fromMs = toMs): boolean {
  return injections.some(
    (one) =>
      one.touches.includes('third-parties') &&
      // That is their way to us.
      one.target !== 'webhooks' &&
      one.fromMs <= toMs &&
      fromMs <= one.toMs + one.graceMs,
  );
}
