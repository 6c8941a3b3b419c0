const payment = (more: object) => ({
  path: '/v1/payments',
  headers: { 'idempotency-key': 'demo-{unique}' },
  body: {
    amount: '100.01',
    currency: 'EUR',
    sourceAccount: 'acct-source',
    destinationAccount: 'acct-destination',
    destinationCurrency: 'USD',
    callbackUrl: '{callbackUrl}',
    ...more,
  },
});

/**
 * What `pnpm demo` submits of this kind. The cents choose the fate at the simulated on-ramp; `sim:off-ramp=…` in the
 * destination account the off-ramp's, `sim:reverse=…` in the source account the reverse's (apps/simulator/src/ramp/README.md).
 */
export const demo = [
  {
    title: 'fiat → stablecoin → fiat',
    ...payment({}),
    expect: 'COMPLETED',
    waitsFor: 'each ramp takes a moment to settle',
  },
  {
    title: 'the on-ramp refuses',
    ...payment({ amount: '100.02' }),
    expect: 'FAILED',
    waitsFor: 'the on-ramp receives the funds and gives them back',
  },
  {
    title: 'the off-ramp refuses: reversed',
    ...payment({ destinationAccount: 'acct-sim:off-ramp=canceled' }),
    expect: 'FAILED',
    waitsFor: 'the on-ramp is done, the off-ramp cancels, the on-ramp takes the stablecoins back',
  },
  {
    title: 'reviewed by a person',
    ...payment({ destinationAccount: 'acct-sim:off-ramp=in-review' }),
    expect: 'COMPLETED',
    waitsFor: 'in_review, for about five seconds',
  },
  {
    title: 'undeliverable',
    ...payment({ destinationAccount: 'acct-sim:off-ramp=undeliverable' }),
    expect: 'UNRESOLVED',
    waitsFor: 'nobody can say where the money ends: an operator must look, so it is never called failed',
  },
] as const;
