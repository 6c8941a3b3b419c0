const payout = (amount: string) => ({
  id: 'demo-{unique}',
  amount,
  currency: 'EUR',
  creditor: { name: 'Õie Ääremaa', iban: 'EE382200221020145685' },
  remittance: 'Demo',
  callbackUrl: '{callbackUrl}',
});

/**
 * What `pnpm demo` submits of this kind: one per interesting fate. The cents choose the fate at the simulated bank
 * (apps/simulator/README.md). `{unique}` and `{callbackUrl}` are filled in at each run.
 */
export const demo = [
  {
    title: 'paid',
    path: '/v1/payouts',
    body: payout('25.01'),
    expect: 'COMPLETED',
    waitsFor: 'its file, then ACSP, then ACSC: RJCT may follow ACSP, so only ACSC is the end',
  },
  {
    title: 'rejected by the bank',
    path: '/v1/payouts',
    body: payout('25.02'),
    expect: 'FAILED',
    waitsFor: 'the first report says RJCT AC04',
  },
  {
    title: 'accepted, then rejected',
    path: '/v1/payouts',
    body: payout('25.03'),
    expect: 'FAILED',
    waitsFor: 'ACSP, then RJCT AM04',
  },
  {
    title: 'a late ACSP changes nothing',
    path: '/v1/payouts',
    body: payout('25.08'),
    expect: 'COMPLETED',
    waitsFor: 'ACSC, then ACSP and PDNG, which come too late',
  },
  {
    title: 'paid, and the money comes back',
    path: '/v1/payouts',
    body: payout('25.19'),
    expect: 'COMPLETED',
    waitsFor: 'ACSC; the return that follows is told by payout.returned, and COMPLETED stays',
  },
] as const;
