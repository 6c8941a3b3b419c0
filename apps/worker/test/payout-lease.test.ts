import { randomUUID } from 'node:crypto';
import type { Leases } from '@countersign/store';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it, vi } from 'vitest';
import { z } from 'zod';
import { whileHeld } from '../src/payouts/hold.ts';
import { payoutFields, payoutSettings } from '../src/payouts/settings.ts';
import { openPayoutStage, type PayoutStage } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

it('the defaults are those of the contract: 30 s, 20 s, 10 s, 5 s, 5 s', () => {
  const own = z.object(payoutFields).parse({});
  expect(payoutSettings(own, 86_400_000)).toMatchObject({
    leaseMs: 30_000,
    renewMs: 20_000,
    retakeMs: 10_000,
    idleMs: 5_000,
    retryWindowMs: 5_000,
  });
});

const hold = (
  name: string,
  work: Parameters<typeof whileHeld>[1],
  part: { leaseMs?: number; renewMs?: number; leases?: Leases } = {},
) =>
  whileHeld(
    {
      leases: stage.store.leases,
      name,
      owner: randomUUID(),
      leaseMs: 1_000,
      renewMs: 200,
      closing: new AbortController().signal,
      abandon: new AbortController().signal,
      ...part,
    },
    work,
  );

it('is kept as long as the work takes, and free at once after it', async () => {
  await hold('kept', async (held) => {
    const { endsAtMs } = held.lease();
    await until(() => performance.now() > endsAtMs);
    expect(held.remainingMs()).toBeGreaterThan(0);
    expect(await stage.store.leases.take('kept', randomUUID(), 1_000)).toBeUndefined();
  });
  expect(await stage.store.leases.take('kept', randomUUID(), 1_000)).toBeDefined();
});

it('without renewals work is told to stop before the lease is over', async () => {
  await hold(
    'unrenewed',
    async (held) => {
      await until(() => held.signal.aborted);
      expect(held.remainingMs()).toBe(0);
      expect(held.lease().endsAtMs).toBeGreaterThan(performance.now());
      expect(await stage.store.leases.take('unrenewed', randomUUID(), 1_000)).toBeUndefined();
    },
    { renewMs: 10_000 },
  );
});

it.each([86_400_000, -86_400_000])('a wall clock that jumps by %i ms changes nothing', async (jumpMs) => {
  await hold('jumping', async (held) => {
    const { endsAtMs } = held.lease();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs });
    await until(() => performance.now() > endsAtMs);
    expect(held.remainingMs()).toBeGreaterThan(0);
    expect(held.remainingMs()).toBeLessThan(1_000);
    expect(await stage.store.leases.take('jumping', randomUUID(), 1_000)).toBeUndefined();
  }).finally(() => vi.useRealTimers());
});

it('a renewal that PostgreSQL did not answer is tried again soon, not a renewal later', async () => {
  const { leases } = stage.store;
  let renewals = 0;
  const away: Leases['renew'] = (...given) =>
    (renewals += 1) === 1 ? Promise.reject(new Error('away')) : leases.renew(...given);
  await hold(
    'shaky',
    async (held) => {
      const { endsAtMs } = held.lease();
      await until(() => performance.now() > endsAtMs);
      expect(held.signal.aborted).toBe(false);
      expect(held.remainingMs()).toBeGreaterThan(0);
    },
    { leases: { ...leases, renew: away }, leaseMs: 1_500, renewMs: 700 },
  );
});

it('a process that was stopped finds no time left, though no timer told it so', async () => {
  await hold('stopped', async (held) => {
    // As SIGSTOP does: no timer fires, the monotonic clock goes on.
    const untilMs = performance.now() + 1_100;
    while (performance.now() < untilMs);
    expect(held.remainingMs()).toBeLessThanOrEqual(0);
    await Promise.resolve();
  });
});
