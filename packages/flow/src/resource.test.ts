import { expect, it } from 'vitest';
import { resourceText, snapshotOf } from './resource.ts';
import { keyedId, type Submission } from './submission.ts';

const submission: Submission = {
  id: '0199a1b2-0000-7000-8000-000000000001',
  kind: 'transaction',
  clientId: 'c',
  naturalId: 'tx:1',
  status: 'PROCESSING',
  version: 3,
  failure: null,
  facts: { onRampTxId: 'r-1' },
  callbackUrl: null,
  traceparent: null,
  registrations: [
    {
      leg: 'registry',
      provider: 'registry',
      status: 'PENDING',
      reference: null,
      idempotencyKey: 'k',
      attempts: 1,
      tellingSince: null,
      ambiguousUntil: null,
      told: true,
      looks: 2,
      dueAt: 5,
      lookingSince: 1,
      failure: null,
      updatedAt: 1_700_000_000_123,
    },
  ],
  createdAt: 1_700_000_000_000,
  updatedAt: 1_700_000_000_123,
  settledAt: null,
};

it('a submission known by its idempotency key only is called by our id, and its key is nowhere', () => {
  const keyed = { ...submission, naturalId: keyedId('a-key-of-theirs') };
  const text = resourceText(keyed, 'payments', snapshotOf(keyed), '{}');
  expect(JSON.parse(text)).toMatchObject({ id: submission.id, links: { self: `/v1/payments/${submission.id}` } });
  expect(text).not.toContain('a-key-of-theirs');
});

it('shows the resource of the contract, with the request digit for digit as accepted', () => {
  const request = '{ "id":"tx:1", "amount": 12.50, "currency":"EUR" }';
  const text = resourceText(submission, 'transactions', snapshotOf(submission), request);
  expect(text).toContain(`"request":${request}`);
  expect(JSON.parse(text)).toEqual({
    id: 'tx:1',
    submissionId: submission.id,
    kind: 'transaction',
    status: 'PROCESSING',
    version: 3,
    createdAt: '2023-11-14T22:13:20.000Z',
    updatedAt: '2023-11-14T22:13:20.123Z',
    settledAt: null,
    error: null,
    onRampTxId: 'r-1',
    registrations: [
      { provider: 'registry', status: 'PENDING', reference: null, attempts: 1, updatedAt: '2023-11-14T22:13:20.123Z' },
    ],
    request: { id: 'tx:1', amount: 12.5, currency: 'EUR' },
    links: { self: '/v1/transactions/tx%3A1', timeline: '/v1/transactions/tx%3A1/timeline' },
  });
});
