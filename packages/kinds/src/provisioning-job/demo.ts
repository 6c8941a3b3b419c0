/**
 * What `pnpm demo` submits of this kind: one per character of the simulated clouds (apps/simulator/src/csp/README.md).
 * Cloud F, which never ends, is left out: its job is given up after PROVIDER_CSP_F_POLL_MAX_AGE_MS, 2 hours.
 */
const payload = {
  name: 'demo {unique}',
  fundingSources: [
    { taskOrderNumber: '1234567890123', clin: '0001', popStartDate: '2026-12-01', popEndDate: '2027-11-30' },
  ],
  operators: [{ email: 'ann@example.com', dodId: '1234567890', needsReset: false }],
};
const portfolio = {
  jobId: 'demo-{unique}',
  userId: 'demo',
  operationType: 'ADD_PORTFOLIO',
  payload,
  callbackUrl: '{callbackUrl}',
};

export const demo = [
  {
    title: 'a portfolio, at once',
    path: '/v1/provisioning-jobs',
    body: { ...portfolio, targetCsp: 'CSP_A' },
    expect: 'COMPLETED',
    waitsFor: 'cloud A answers 200 at once',
  },
  {
    title: 'a portfolio, after a while',
    path: '/v1/provisioning-jobs',
    body: { ...portfolio, targetCsp: 'CSP_B' },
    expect: 'COMPLETED',
    waitsFor: 'cloud B answers 202 and where to look; its job is done after about a second',
  },
  {
    title: 'a portfolio that fails there',
    path: '/v1/provisioning-jobs',
    body: { ...portfolio, targetCsp: 'CSP_C' },
    expect: 'FAILED',
    waitsFor: 'cloud C answers 202; its job fails after about a second',
  },
  {
    title: 'a cloud that always answers 500',
    path: '/v1/provisioning-jobs',
    body: { ...portfolio, targetCsp: 'CSP_D' },
    expect: 'FAILED',
    waitsFor: 'cloud D is asked three times, PROVIDER_CSP_D_RETRY_DELAY_MS apart; then the requester is told',
  },
  {
    title: 'two task orders, one call each',
    path: '/v1/provisioning-jobs',
    body: {
      jobId: 'demo-{unique}',
      userId: 'demo',
      operationType: 'ADD_TASK_ORDER',
      targetCsp: 'CSP_A',
      portfolioId: '11111111-1111-4111-8111-111111111111',
      payload: {
        fundingSources: [
          { taskOrderNumber: '2-{unique}', clin: '0001', popStartDate: '2026-12-01', popEndDate: '2027-11-30' },
          { taskOrderNumber: '2-{unique}', clin: '0002', popStartDate: '2026-12-01', popEndDate: '2027-11-30' },
        ],
      },
      callbackUrl: '{callbackUrl}',
    },
    expect: 'COMPLETED',
    waitsFor: 'cloud A answers 200 to both',
  },
] as const;
