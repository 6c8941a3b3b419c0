/**
 * What `pnpm demo` submits of this kind: one per interesting fate. The cents choose the fate at the simulated registry
 * (apps/simulator/README.md). `{unique}` and `{callbackUrl}` are filled in at each run.
 */
export const demo = [
  {
    title: 'settles at once',
    path: '/v1/transactions',
    body: { id: 'demo-{unique}', amount: '25.01', currency: 'EUR', callbackUrl: '{callbackUrl}' },
    expect: 'COMPLETED',
    waitsFor: 'the registry answers completed at once',
  },
  {
    title: 'declined',
    path: '/v1/transactions',
    body: { id: 'demo-{unique}', amount: '25.02', currency: 'EUR', callbackUrl: '{callbackUrl}' },
    expect: 'FAILED',
    waitsFor: 'the registry answers declined at once',
  },
  {
    title: 'webhook only',
    path: '/v1/transactions',
    body: { id: 'demo-{unique}', amount: '25.05', currency: 'EUR', callbackUrl: '{callbackUrl}' },
    expect: 'COMPLETED',
    waitsFor: 'the registry tells every look "pending"; only its webhook, after about a second, tells the end',
  },
  {
    title: '504 but kept',
    path: '/v1/transactions',
    body: { id: 'demo-{unique}', amount: '25.21', currency: 'EUR', callbackUrl: '{callbackUrl}' },
    expect: 'COMPLETED',
    waitsFor:
      'the registry answered 504, which may have worked: nothing is sent again before a look after PROVIDER_REGISTRY_RETRY_DELAY_MS',
  },
  {
    title: 'never answers',
    path: '/v1/transactions',
    body: { id: 'demo-{unique}', amount: '25.29', currency: 'EUR', callbackUrl: '{callbackUrl}' },
    expect: 'UNRESOLVED',
    waitsFor:
      'every call takes PROVIDER_REGISTRY_TIMEOUT_MS and is tried PROVIDER_REGISTRY_RETRIES more times; silence is never "failed"',
  },
] as const;
