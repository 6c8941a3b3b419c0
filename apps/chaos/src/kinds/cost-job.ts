import { anotherKey, jsonOf, type LoadKind } from './kind.ts';

/** Cloud A has costs, B has none: that is a result too. */
export const kind: LoadKind = {
  name: 'cost-job',
  path: 'cost-jobs',
  weight: 5,
  fates: { 'has costs': { weight: 3, ends: 'by the books' }, 'has none': { weight: 1, ends: 'by the books' } },
  isNamed: true,
  reuse: 422,
  amount: () => '',
  request: (op, which, callbackUrl) =>
    jsonOf(
      {
        requestId: op.id,
        portfolioId: `portfolio-${op.id}`,
        targetCsp: op.fate === 'has none' ? 'CSP_B' : 'CSP_A',
        startDate: op.valid ? '2026-09' : '2028-09',
        endDate: which === 'other' ? '2027-03' : '2027-02',
      },
      callbackUrl,
      anotherKey(op, which),
    ),
  idIn: ({ requestId }) => requestId,
  wrong: (op, { state }) => {
    if (op.fate === 'has none' && state === 'COMPLETED') return 'the cloud has no costs';
    return undefined;
  },
};
