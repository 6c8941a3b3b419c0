import type { Invariant } from '../invariant.ts';
import type { Ledger, Op, Page } from '../ledger.ts';
import { byOp, faultsAt } from '../readings.ts';

/** Each third party executed each op at most once: per leg, over all ids and keys we may have given it. */
export const invariant: Invariant = {
  id: 'I-03',
  title: 'no effect twice, at any third party',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    for (const op of ledger.ops) {
      for (const [where, mine] of byLeg(pages.get(op.n) ?? [])) {
        findings.checked();
        const effects = mine.reduce((sum, page) => sum + page.effects, 0);
        const allowed = 1 + mine.reduce((sum, page) => sum + takenBack(page), 0);
        if (effects > allowed && !isBeyondTheWindow(ledger, op, mine)) {
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
function takenBack({ party, statuses }: Page): number {
  if (!party.startsWith('CSP_')) return 0;
  return statuses.slice(0, -1).filter(({ status }) => status === 'FAILED' || status === 'FAILURE').length;
}

function byLeg(pages: readonly Page[]): Map<string, Page[]> {
  const legs = new Map<string, Page[]>();
  for (const page of pages) {
    const where = page.party === page.leg ? page.party : `${page.party} (${page.leg})`;
    legs.set(where, [...(legs.get(where) ?? []), page]);
  }
  return legs;
}

/**
 * The law rests on effects coming no later than the window after the intent. Where a fault of ours on the way to the registry made the
 * first call take longer than that, nobody could have known. A slow machine is no such fault, and the others honour keys.
 */
function isBeyondTheWindow(ledger: Ledger, op: Op, pages: readonly Page[]): boolean {
  if (op.kind !== 'transaction' || pages.length !== 1) return false;
  const entries = byOp(ledger).stories.get(op.n)?.entries ?? [];
  const intents = entries.filter(({ type }) => type === 'attempt.started').map(({ at }) => Date.parse(at));
  const effects = pages
    .flatMap(({ statuses }) => statuses.filter(({ cause }) => cause !== 'settled'))
    .map(({ at }) => Date.parse(at))
    .sort((a, b) => a - b);
  const [told = Infinity] = intents;
  const [done = 0] = effects;
  const isHeldUp = faultsAt(ledger, told, ['third-parties'], 1_000, 0).some(({ target }) => target !== 'webhooks');
  return isHeldUp && intents.length === 2 && effects.length === 2 && done > told + ledger.settings.retryDelayMs;
}
