import type { Invariant } from '../invariant.ts';
import type { Page, TimelineEntry } from '../ledger.ts';
import { byOp } from '../readings.ts';

/** The third party executed each op at most once, over all ids we may have given it. */
export const invariant: Invariant = {
  id: 'I-03',
  title: 'no effect twice',
  check(ledger, findings) {
    const { pages, stories } = byOp(ledger);
    for (const op of ledger.ops) {
      const mine = pages.get(op.n) ?? [];
      const effects = mine.reduce((sum, page) => sum + page.effects, 0);
      findings.checked();
      if (effects <= 1 || isBeyondTheWindow(mine, stories.get(op.n)?.entries ?? [], ledger.settings.retryDelayMs)) continue;
      const posts = mine.flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST').map(({ at, outcome }) => `${at} ${outcome}`));
      findings.broken(`${op.id} (${op.fate}) was executed ${effects} times: POSTs ${posts.join(', ')}; W is ${ledger.settings.windowMs} ms`, { op: op.n });
    }
  },
};

/**
 * The law rests on effects coming no later than the window after the intent. Where the way to the registry itself took longer
 * (a starved machine), every effect but the last came after that, and nobody could have known.
 */
function isBeyondTheWindow(pages: readonly Page[], entries: readonly TimelineEntry[], retryDelayMs: number): boolean {
  const intents = entries.filter(({ type }) => type === 'attempt.started').map(({ at }) => Date.parse(at));
  const effects = pages.flatMap(({ statuses }) => statuses.filter(({ cause }) => cause !== 'settled')).map(({ at }) => Date.parse(at));
  effects.sort((a, b) => a - b);
  const [first] = intents;
  return pages.length === 1 && first !== undefined && effects.length === 2 && (effects[0] ?? 0) > first + retryDelayMs && intents.length === 2;
}
