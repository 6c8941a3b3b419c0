import type { Invariant } from '../invariant.ts';
import { byOp } from '../readings.ts';

/** The third party executed each op at most once, over all ids we may have given it. */
export const invariant: Invariant = {
  id: 'I-03',
  title: 'no effect twice',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    for (const op of ledger.ops) {
      const mine = pages.get(op.n) ?? [];
      const effects = mine.reduce((sum, page) => sum + page.effects, 0);
      findings.checked();
      if (effects <= 1) continue;
      const posts = mine.flatMap(({ requests }) => requests.filter(({ method }) => method === 'POST').map(({ at, outcome }) => `${at} ${outcome}`));
      findings.broken(`${op.id} (${op.fate}) was executed ${effects} times: POSTs ${posts.join(', ')}; W is ${ledger.settings.windowMs} ms`, { op: op.n });
    }
  },
};
