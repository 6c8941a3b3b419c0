import { FATES } from '../fates.ts';
import type { Invariant } from '../invariant.ts';
import type { Page } from '../ledger.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

/** The final status says what the third party's books say: no false success, no false failure. */
export const invariant: Invariant = {
  id: 'I-05',
  title: 'no false success, no false failure',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      const final = finalOf(ledger, op);
      if (final?.state === undefined) continue;
      findings.checked();
      const page = pages.get(op.n)?.find(({ effects }) => effects > 0) ?? pages.get(op.n)?.[0];
      const wrong = FATES[op.fate]?.ends === 'either' ? undefined : against(page, final.state, final.errorCode ?? null);
      if (wrong !== undefined) findings.broken(`${op.id} (${op.fate}) is ${final.state}${final.errorCode ? ` ${final.errorCode}` : ''}, but ${wrong}`, { op: op.n });
    }
  },
};

function against(page: Page | undefined, state: string, code: string | null): string | undefined {
  const books = page?.status ?? null;
  if (state === 'COMPLETED' && books !== 'completed') return `their books say ${books ?? 'nothing'}`;
  if (state === 'FAILED' && books === 'declined' && code !== 'DECLINED') return 'their books say declined';
  if (state === 'FAILED' && books !== null && books !== 'declined') return `their books say ${books}`;
  if (state === 'FAILED' && code === null) return 'it gives no reason';
  return undefined;
}
