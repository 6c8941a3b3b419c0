import { expect, it } from 'vitest';
import {
  CALLBACK_RETRY,
  REGISTRATION_RETRY,
  STATUS_POLL,
  callbackDelayMs,
  ownTroubleDelayMs,
  pollDelayMs,
  withJitter,
} from './retry.ts';

it('registration: first try + 3 retries, 120 s apart', () => {
  expect(REGISTRATION_RETRY).toEqual({ retries: 3, retryDelayMs: 120_000 });
});

it('polling: 200 ms, 10 ms later, then doubling, at most 5 minutes apart, for a day', () => {
  const delays = Array.from({ length: 15 }, (_, looks) => pollDelayMs(STATUS_POLL, looks));
  expect(delays.slice(0, 6)).toEqual([200, 10, 400, 800, 1_600, 3_200]);
  expect(delays.at(-1)).toBe(300_000);
  expect(STATUS_POLL.maxAgeMs).toBe(24 * 3_600_000);
  for (let n = 2; n < delays.length; n += 1) expect(delays[n]).toBeGreaterThanOrEqual(delays[n - 1] ?? 0);
});

it('polling is polite: under 30 looks in the first hour', () => {
  let spentMs = 0;
  let looks = 0;
  while (spentMs < 3_600_000) spentMs += pollDelayMs(STATUS_POLL, looks++);
  expect(looks).toBeLessThanOrEqual(30);
});

it('callbacks: 5 retries by the schedule, then no more', () => {
  const delays = [1, 2, 3, 4, 5, 6].map((attempt) => callbackDelayMs(CALLBACK_RETRY, attempt));
  expect(delays).toEqual([5_000, 300_000, 1_800_000, 7_200_000, 18_000_000, undefined]);
});

it('a schedule shorter than the retries repeats its last delay', () => {
  expect(callbackDelayMs({ retries: 3, scheduleMs: [10, 20] }, 3)).toBe(20);
});

it('jitter makes later, never earlier', () => {
  expect(withJitter(1_000, 0)).toBe(1_000);
  expect(withJitter(1_000, 0.999)).toBeLessThanOrEqual(1_200);
});

it('our own troubles: 1, 2, 4, 8, then 15 s', () => {
  expect([1, 2, 3, 4, 5, 50].map(ownTroubleDelayMs)).toEqual([1_000, 2_000, 4_000, 8_000, 15_000, 15_000]);
});
