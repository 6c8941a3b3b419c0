import { expect, it } from 'vitest';
import { due } from './due.ts';
import { concludeTogether, type Plan } from './plan.ts';
import type { LoadedSubmission, Registration } from './submission.ts';

const legs = () => [{ leg: 'bank', provider: 'bank' }];
const plan: Plan = {
  kind: 'payout',
  path: 'payouts',
  legs,
  conclude: (submission) => concludeTogether({ legs }, submission),
};

const row: Registration = {
  leg: 'bank',
  provider: 'bank',
  status: 'PENDING',
  reference: null,
  idempotencyKey: 'k',
  attempts: 0,
  tellingSince: null,
  ambiguousUntil: null,
  told: false,
  looks: 0,
  dueAt: null,
  lookingSince: null,
  failure: null,
  updatedAt: 0,
};

const standing = (part: Partial<Registration>): LoadedSubmission => ({
  id: 'a',
  kind: 'payout',
  clientId: 'c',
  naturalId: 'n',
  status: 'PROCESSING',
  version: 2,
  failure: null,
  facts: {},
  registrations: [{ ...row, ...part }],
  callbackUrl: null,
  traceparent: null,
  createdAt: 0,
  updatedAt: 0,
  settledAt: null,
  body: '{}',
  contentType: 'application/json',
  readAt: { databaseMs: 0, monotonicMs: 0 },
});

it('registered elsewhere: nothing is due for a visit before somebody else has told', () => {
  expect(due(plan, standing({})).step).toBe('register');
  expect(due({ ...plan, registers: 'elsewhere' }, standing({})).step).toBe('nothing');
});

it('registered elsewhere: what was told is looked at when its time is over, and its end closes the books', () => {
  const elsewhere: Plan = { ...plan, registers: 'elsewhere' };
  expect(due(elsewhere, standing({ told: true, dueAt: 7_000 }))).toMatchObject({ step: 'poll', atMs: 7_000 });
  expect(due(elsewhere, standing({ told: true, status: 'DONE' })).step).toBe('conclude');
  expect(due(elsewhere, standing({ status: 'REFUSED' })).step).toBe('conclude');
});
