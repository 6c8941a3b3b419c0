import { setTimeout as pause } from 'node:timers/promises';
import { ownClock, stall, testRedis } from '@countersign/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type Limits, isPermit, openLimits } from '../src/index.ts';
import { redisProxy } from './redis-proxy.ts';

/** A fixed order of events: a failure can be seen again. */
function dice(seed: number): () => number {
  let state = seed;
  return () => (state = (state * 48_271) % 2_147_483_647) / 2_147_483_647;
}

const LONGEST_GAP_MS = 1_500;

test.each([1, 3, 40])(
  'four replicas that want more than %i calls never come to a standstill, whatever becomes of Redis, calls and loops',
  async (concurrency) => {
    const { url, prefix } = await testRedis();
    const proxy = await redisProxy(url);
    const settings = { redisUrl: proxy.url, prefix, leaseMs: 2_000, heartbeatMs: 500 };
    const all: Limits[] = await Promise.all([1, 2, 3, 4].map(() => openLimits(settings)));
    onTestFinished(async () => {
      await Promise.all(all.map(async (limits) => await limits.close()));
    });
    const random = dice(concurrency);
    const clock = ownClock();
    const endsAt = clock() + 3_000;
    let lastAt = clock();
    let longestGapMs = 0;
    let calls = 0;
    const caller = async (limits: Limits): Promise<void> => {
      while (clock() < endsAt) {
        const given = await limits.acquire('registry', { concurrency, patienceMs: 200 });
        if (!isPermit(given)) {
          await pause(Math.min(given.busyForMs, 100));
          continue;
        }
        const now = clock();
        longestGapMs = Math.max(longestGapMs, now - lastAt);
        lastAt = now;
        calls += 1;
        await pause(random() * 20);
        given.release(random() < 0.3 ? 'silent' : random() < 0.9 ? 'answered' : undefined);
        if (random() < 0.002) limits.pause('registry', 50);
      }
    };
    const trouble = async (): Promise<void> => {
      while (clock() < endsAt) {
        await pause(300 + random() * 300);
        if (random() < 0.5) stall(200 + random() * 500);
        else {
          if (random() < 0.5) proxy.cut();
          else proxy.silence();
          await pause(random() * 700);
          proxy.heal();
        }
      }
    };
    await Promise.all([trouble(), ...all.flatMap((limits) => Array.from({ length: 25 }, () => caller(limits)))]);
    expect(calls).toBeGreaterThan(50);
    expect(longestGapMs).toBeLessThan(LONGEST_GAP_MS);
  },
  20_000,
);

test('nobody is sent away for longer than a destination has been silent, however many wait: it is found again soon', async () => {
  const { url, prefix } = await testRedis();
  const limits = await openLimits({ redisUrl: url, prefix, answerWithinMs: 10_000 });
  onTestFinished(() => limits.close());
  const clock = ownClock();
  const beganAt = clock();
  const deadUntil = beganAt + 1_500;
  /** The longest that somebody was sent away for, as a part of how long the destination had been silent. */
  let longestPart = 0;
  let silentSince: number | undefined;
  let answered = 0;
  const caller = async (): Promise<void> => {
    for (;;) {
      const given = await limits.acquire('registry', { concurrency: 500, patienceMs: 200 });
      if (!isPermit(given)) {
        if (silentSince !== undefined && limits.snapshot()['registry']?.halfOpen)
          longestPart = Math.max(longestPart, given.busyForMs / Math.max(500, performance.now() - silentSince));
        await pause(given.busyForMs);
        continue;
      }
      const isDead = clock() < deadUntil;
      await pause(isDead ? 400 : 5);
      if (isDead) silentSince ??= performance.now();
      given.release(isDead ? 'silent' : 'answered');
      if (isDead) continue;
      answered += 1;
      return;
    }
  };
  await Promise.all(Array.from({ length: 200 }, caller));
  expect(answered).toBe(200);
  // Spread by half, and rounded up.
  expect(longestPart).toBeGreaterThan(0);
  expect(longestPart).toBeLessThan(1.51);
  expect(clock() - beganAt).toBeLessThan(6_000);
}, 60_000);
