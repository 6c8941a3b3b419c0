import { migrate } from '@countersign/store';
import { conformance, type ConformanceFate } from '@countersign/testkit';
import { CLOUDS_ENV } from '../provisioning-job/test/clouds.ts';
import { contract } from './contract.ts';

/** A marker in the portfolio's id chooses the fate of its costs. */
const PORTFOLIOS: Partial<Record<ConformanceFate, string>> = {
  refused: 'sim:cost-none',
  'kept-after-504': 'sim:504-kept',
};

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    fates: ['settles', 'refused', 'kept-after-504'],
    body: (requestId, fate, callbackUrl) => ({
      requestId,
      portfolioId: PORTFOLIOS[fate] ?? `p-${requestId}`,
      targetCsp: 'CSP_A',
      startDate: '2026-09-01',
      endDate: '2026-12-31',
      callbackUrl,
    }),
    // Asking changes nothing there.
    effects: () => Promise.resolve(1),
  },
  { migrate, env: CLOUDS_ENV },
);
