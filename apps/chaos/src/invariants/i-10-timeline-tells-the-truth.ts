import type { Invariant } from '../invariant.ts';
import type { Page, TimelineEntry } from '../ledger.ts';
import { acceptedOps, byOp, finalOf, isFinal } from '../readings.ts';

/** Two clocks of one machine, and the way between them. */
const CLOCKS_MS = 50;

/** First accepted, last status the end, one end, times in order; each POST the registry saw had its intent written before. */
export const invariant: Invariant = {
  id: 'I-10',
  title: 'timeline tells the truth',
  check(ledger, findings) {
    const { stories, pages } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      const entries = stories.get(op.n)?.entries ?? [];
      const state = finalOf(ledger, op)?.state;
      if (state === undefined) continue;
      findings.checked();
      const mine = pages.get(op.n) ?? [];
      // The bank is told in files, and costs are only asked for: neither has tries of its own.
      const tried = op.kind === 'payout' || op.kind === 'cost-job' ? [] : [...new Set(mine.map(({ party }) => party))];
      const wrongs = [...order(entries, state), ...tried.flatMap((party) => intents(party, entries, mine, state))];
      for (const wrong of wrongs) findings.broken(`${op.kind} ${op.id} (${op.fate}): ${wrong}`, { op: op.n });
    }
  },
};

function order(entries: readonly TimelineEntry[], state: string): string[] {
  const wrong: string[] = [];
  if (entries[0]?.type !== 'accepted') wrong.push(`its timeline begins with ${entries[0]?.type ?? 'nothing'}`);
  const back = entries.find(({ at }, n) => n > 0 && Date.parse(at) < Date.parse(entries[n - 1]?.at ?? at));
  if (back) wrong.push(`${back.type} at ${back.at} stands after something later`);
  const moves = entries.filter(({ type }) => type === 'status');
  const ends = moves.filter(({ to }) => isFinal(to));
  if (ends.length > 1) wrong.push(`it has ${ends.length} ends`);
  if (isFinal(state) && moves.at(-1)?.to !== state)
    wrong.push(`its last status is ${moves.at(-1)?.to ?? 'none'}, but it is ${state}`);
  return wrong;
}

function intents(party: string, all: readonly TimelineEntry[], pages: readonly Page[], state: string): string[] {
  const entries = all.filter(({ provider }) => provider === party);
  const wrong: string[] = [];
  const started = entries.filter(({ type }) => type === 'attempt.started').map(({ at }) => Date.parse(at));
  const posts = pages
    .filter((page) => page.party === party)
    .flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST'))
    .map(({ at }) => Date.parse(at));
  posts
    .sort((a, b) => a - b)
    .forEach((at, n) => {
      const before = started.filter((intent) => intent <= at + CLOCKS_MS).length;
      if (before < n + 1)
        wrong.push(`POST ${n + 1} reached ${party} at ${new Date(at).toISOString()} after ${before} written intents`);
    });
  const outcomes = entries.filter(({ type }) => type === 'attempt').length;
  if (isFinal(state) && outcomes < started.length)
    wrong.push(`${started.length} tries at ${party} were begun and ${outcomes} have an outcome`);
  return wrong;
}
