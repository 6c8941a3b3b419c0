import { FATES } from './transaction-fates.ts';
import { anotherKey, jsonOf, type LoadKind } from './kind.ts';

export const kind: LoadKind = {
  name: 'transaction',
  path: 'transactions',
  weight: 46,
  fates: FATES,
  isNamed: true,
  reuse: 422,
  amount: (n) => `${n}.${n % 2 === 0 ? '50' : '25'}`,
  request: (op, which, callbackUrl) =>
    jsonOf(
      {
        id: op.id,
        amount: op.valid ? op.amount : `-${op.amount}`,
        currency: FATES[op.fate]?.currency ?? 'EUR',
        description: which === 'other' ? 'another body under the same id' : 'chaos',
        metadata: { op: String(op.n) },
      },
      callbackUrl,
      anotherKey(op, which),
    ),
  idIn: ({ id }) => id,
  wrong(_op, { state, code }, pages) {
    const books = (pages.find(({ effects }) => effects > 0) ?? pages[0])?.status ?? null;
    if (state === 'COMPLETED' && books !== 'completed') return `their books say ${books ?? 'nothing'}`;
    if (state === 'FAILED' && books === 'declined' && code !== 'DECLINED') return 'their books say declined';
    if (state === 'FAILED' && books !== null && books !== 'declined') return `their books say ${books}`;
    return undefined;
  },
};
