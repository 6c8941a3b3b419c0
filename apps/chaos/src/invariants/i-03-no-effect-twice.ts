import type { Invariant } from '../invariant.ts';
import type { Op, Page, TimelineEntry } from '../ledger.ts';
import { byOp } from '../readings.ts';

/** Each third party executed each op at most once: per leg, over all ids and keys we may have given it. */
export const invariant: Invariant = {
  id: 'I-03',
  title: 'no effect twice, at any third party',
  check(ledger, findings) {
    const { pages, stories } = byOp(ledger);
    for (const op of ledger.ops) {
      for (const [where, mine] of byLeg(pages.get(op.n) ?? [])) {
        findings.checked();
        const effects = mine.filter((page) => !isGone(page)).reduce((sum, page) => sum + page.effects, 0);
        if (
          effects > 1 &&
          !isBeyondTheWindow(op, mine, stories.get(op.n)?.entries ?? [], ledger.settings.retryDelayMs)
        ) {
          const posts = mine.flatMap(({ requests }) =>
            requests.filter(({ method }) => method === 'POST').map(({ at, outcome }) => `${at} ${outcome}`),
          );
          findings.broken(
            `${op.kind} ${op.id} (${op.fate}) was executed ${effects} times at ${where}: POSTs ${posts.join(', ')}; W is ${ledger.settings.windowMs} ms`,
            { op: op.n },
          );
        }
        const keys = new Set(mine.flatMap(({ requests }) => requests.flatMap(({ key }) => key ?? [])));
        if (keys.size > 1)
          findings.broken(
            `${op.kind} ${op.id} was told to ${where} under ${keys.size} idempotency keys: ${[...keys].join(', ')}`,
            { op: op.n },
          );
      }
    }
  },
};

/** A cloud whose job failed has taken it back: who then asks finds nothing there, and may tell it again. */
const isGone = ({ party, status }: Page): boolean =>
  party.startsWith('CSP_') && (status === 'FAILED' || status === 'FAILURE');

function byLeg(pages: readonly Page[]): Map<string, Page[]> {
  const legs = new Map<string, Page[]>();
  for (const page of pages) {
    const where = page.party === page.leg ? page.party : `${page.party} (${page.leg})`;
    legs.set(where, [...(legs.get(where) ?? []), page]);
  }
  return legs;
}

/**
 * The law rests on effects coming no later than the window after the intent. Where the way to the registry itself took longer
 * (a starved machine), every effect but the last came after that, and nobody could have known. The others honour keys.
 */
function isBeyondTheWindow(
  op: Op,
  pages: readonly Page[],
  entries: readonly TimelineEntry[],
  retryDelayMs: number,
): boolean {
  if (op.kind !== 'transaction') return false;
  const intents = entries.filter(({ type }) => type === 'attempt.started').map(({ at }) => Date.parse(at));
  const effects = pages
    .flatMap(({ statuses }) => statuses.filter(({ cause }) => cause !== 'settled'))
    .map(({ at }) => Date.parse(at));
  effects.sort((a, b) => a - b);
  const [first] = intents;
  return (
    pages.length === 1 &&
    first !== undefined &&
    effects.length === 2 &&
    (effects[0] ?? 0) > first + retryDelayMs &&
    intents.length === 2
  );
}
