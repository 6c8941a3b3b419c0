import { randomUUID } from 'node:crypto';
import type { Leases } from '@countersign/store';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished, vi } from 'vitest';
import { z } from 'zod';
import { whileHeld, type Held } from '../src/payouts/hold.ts';
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

/** No stall of this process is as long. */
const LEASE_MS = 4_000;
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
      leaseMs: LEASE_MS,
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
  vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout', 'performance'] });
  onTestFinished(() => void vi.useRealTimers());
  // PostgreSQL's part has no clock that could be pushed.
  const lease = { name: 'unrenewed', owner: randomUUID(), token: 1, endsAtMs: performance.now() + LEASE_MS };
  const leases: Leases = {
    take: () => Promise.resolve(lease),
    renew: () => expect.fail('nothing is to be renewed'),
    release: () => Promise.resolve(),
    held: () => Promise.resolve(1),
  };
  const work = async (held: Held): Promise<void> => {
    vi.advanceTimersByTime(LEASE_MS - 801);
    expect(held.signal.aborted).toBe(false);
    vi.advanceTimersByTime(1);
    expect(held.signal.aborted).toBe(true);
    expect(held.remainingMs()).toBe(0);
    expect(held.lease().endsAtMs - performance.now()).toBe(800);
  };
  expect(await hold('unrenewed', work, { leases, renewMs: 600_000 })).toBe(true);
});

it.each([86_400_000, -86_400_000])('a wall clock that jumps by %i ms changes nothing', async (jumpMs) => {
  await hold('jumping', async (held) => {
    const { endsAtMs } = held.lease();
    vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs });
    await until(() => held.lease().endsAtMs > endsAtMs, { label: 'a renewal' });
    expect(held.signal.aborted).toBe(false);
    expect(held.remainingMs()).toBeGreaterThan(0);
    expect(held.remainingMs()).toBeLessThan(LEASE_MS);
    expect(await stage.store.leases.take('jumping', randomUUID(), 1_000)).toBeUndefined();
  }).finally(() => vi.useRealTimers());
});

it('a renewal that PostgreSQL did not answer is tried again soon, not a renewal later', async () => {
  const { leases } = stage.store;
  const seen: string[] = [];
  const away: Leases['renew'] = (...given) => {
    seen.push('renewal');
    if (seen.length > 1) return leases.renew(...given);
    // Timers come in the order they are due, however late all of them are.
    setTimeout(() => seen.push('a renewal later'), 700);
    return Promise.reject(new Error('away'));
  };
  await hold(
    'shaky',
    async (held) => {
      const { endsAtMs } = held.lease();
      await until(() => held.lease().endsAtMs > endsAtMs);
      expect(seen.slice(0, 2)).toEqual(['renewal', 'renewal']);
      expect(held.signal.aborted).toBe(false);
      expect(held.remainingMs()).toBeGreaterThan(0);
    },
    { leases: { ...leases, renew: away }, leaseMs: 60_000, renewMs: 700 },
  );
});

it('a process that was stopped finds no time left, though no timer told it so', async () => {
  await hold(
    'stopped',
    async (held) => {
      // As SIGSTOP does: no timer fires, the monotonic clock goes on.
      const untilMs = performance.now() + 1_100;
      while (performance.now() < untilMs);
      expect(held.remainingMs()).toBeLessThanOrEqual(0);
      await Promise.resolve();
    },
    { leaseMs: 1_000 },
  );
});
