import { anotherKey, anyOf, jsonOf, type LoadKind } from './kind.ts';

const GOOD = ['async-complete', 'async-success', 'unknown-fields', 'status-500', 'relative-location', 'unknown-status'];
const TROUBLES = [
  '504-kept',
  '504-kept-late',
  '504-lost',
  'silent-kept',
  'silent-lost',
  'reset-before',
  'reset-after',
  'burst-500',
];

/** Fates are marks in the portfolio's name (apps/simulator/src/csp/README.md). */
export const kind: LoadKind = {
  name: 'provisioning-job',
  path: 'provisioning-jobs',
  weight: 5,
  fates: {
    sync: { weight: 6, ends: 'by the books' },
    ...anyOf([...GOOD, ...TROUBLES], 1, 'by the books'),
    ...anyOf(['async-failed', 'async-failure', 'error-500', 'error-404', 'refused'], 1, 'by the books'),
    'async-for-ever': { weight: 0.5, ends: 'maybe never' },
  },
  isNamed: true,
  reuse: 422,
  amount: () => '',
  request: (op, which, callbackUrl) =>
    jsonOf(
      {
        jobId: op.id,
        userId: which === 'other' ? 'somebody else' : 'chaos',
        operationType: op.valid ? 'ADD_PORTFOLIO' : 'ADD_CASTLE',
        targetCsp: 'CSP_A',
        payload: {
          name: portfolioName(op.client, op.id, op.fate),
          fundingSources: [
            { taskOrderNumber: '1234567890123', clin: '0001', popStartDate: '2026-12-01', popEndDate: '2027-11-30' },
          ],
          operators: [{ email: 'ann@example.com', dodId: '1234567890' }],
        },
      },
      callbackUrl,
      anotherKey(op, which),
    ),
  idIn: ({ jobId }) => jobId,
  wrong(_op, { state }, pages) {
    const page = pages.find(({ effects }) => effects > 0);
    const failed = page === undefined || page.status === 'FAILED' || page.status === 'FAILURE';
    if (state === 'COMPLETED' && failed) return `the cloud says ${page?.status ?? 'nothing'}`;
    if (state === 'FAILED' && !failed) return `the cloud says ${page.status ?? '?'}`;
    return undefined;
  },
};

/** The client is in the name: two clients may use one job id, and the cloud knows portfolios by name only. */
function portfolioName(client: string, id: string, fate: string): string {
  return `${client}/${id} sim:csp-a=${fate}`;
}

/** Whose portfolio this is: client and id. */
export function ownerOf(portfolio: string): { client: string; id: string } {
  const [client = '', id = ''] = (portfolio.split(' ')[0] ?? '').split('/');
  return { client, id };
}
