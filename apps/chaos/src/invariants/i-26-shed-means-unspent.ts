import type { Invariant } from '../invariant.ts';
import { byOp, isOk } from '../readings.ts';

/** After a 429 or 503 the same id works later and makes one resource; what was only ever shed by 429 left nothing behind. */
export const invariant: Invariant = {
  id: 'I-26',
  title: 'shed means unspent',
  needs: /postgres/,
  check(ledger, findings) {
    const { attempts, pages, listed } = byOp(ledger);
    for (const op of ledger.ops) {
      const mine = (attempts.get(op.n) ?? []).filter(({ body }) => body === 'own');
      if (!mine.some(({ status }) => status === 429 || status === 503)) continue;
      findings.checked();
      const times = listed.get(op.n) ?? 0;
      const later = mine.find(
        ({ status = 0, names }) => names !== true && status >= 400 && status !== 429 && status !== 503,
      );
      if (op.valid && later)
        findings.broken(`${op.id} was shed and then refused with ${later.status ?? '?'}`, { op: op.n, at: later.at });
      if (mine.some(isOk) ? times !== 1 : times > 1)
        findings.broken(`${op.id} was shed and stands ${times} times in the list`, { op: op.n });
      const onlyShed = mine.every(({ status }) => status === 429);
      if (onlyShed && (times > 0 || (pages.get(op.n) ?? []).length > 0))
        findings.broken(`${op.id} was only ever answered 429 and exists`, { op: op.n });
    }
  },
};
