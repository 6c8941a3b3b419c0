const receipt = (note: string, paid = 122) => ({
  path: '/v1/receipts',
  headers: { 'idempotency-key': `demo-{unique}`, 'callback-url': '{callbackUrl}' },
  body: {
    cbTerminalID: 'T1',
    cbReceiptReference: 'demo-{unique}',
    ftReceiptCase: '0x4954200000000001',
    cbChargeItems: [
      { Quantity: 1, Description: 'Bread', Amount: 100.1, VATRate: 22 },
      { Quantity: 2, Description: 'Salt', Amount: 21.9, VATRate: 22 },
    ],
    cbPayItems: [{ Quantity: 1, Description: 'Cash', Amount: paid }],
    note,
  },
});

/** What `pnpm demo` submits of this kind: `sim:…` in any text chooses the authorities' fates (apps/simulator/src/authority/README.md). */
export const demo = [
  {
    title: 'two authorities at once',
    ...receipt('sim:created-done'),
    expect: 'COMPLETED',
    waitsFor: 'tax and warehouse take about a second, at the same time',
  },
  {
    title: 'the tax authority refuses',
    ...receipt('sim:tax=error'),
    expect: 'FAILED',
    waitsFor: 'the tax authority answers ERROR at once; nobody waits for the warehouse',
  },
  {
    title: 'does not add up',
    ...receipt('', 121),
    expect: 'FAILED',
    waitsFor: 'a rule of its type does not hold, so no authority hears of it',
  },
  {
    title: 'only webhooks tell',
    ...receipt('sim:webhook-only'),
    expect: 'COMPLETED',
    waitsFor: 'both authorities answer every look CREATED; their signed webhooks tell the end after about a second',
  },
] as const;
