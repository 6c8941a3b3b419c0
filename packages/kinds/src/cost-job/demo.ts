/** What `pnpm demo` submits of this kind. */
const costs = {
  requestId: 'demo-{unique}',
  portfolioId: '11111111-1111-4111-8111-111111111111',
  startDate: '2026-09',
  endDate: '2027-02',
  callbackUrl: '{callbackUrl}',
};

export const demo = [
  {
    title: 'costs of half a year',
    path: '/v1/cost-jobs',
    body: { ...costs, targetCsp: 'CSP_A' },
    expect: 'COMPLETED',
    waitsFor: 'cloud A answers 200 at once',
  },
  {
    title: 'a cloud that has no costs',
    path: '/v1/cost-jobs',
    body: { ...costs, targetCsp: 'CSP_B' },
    expect: 'FAILED',
    waitsFor: 'cloud B answers 404, which is a result too',
  },
] as const;
