import { expect, test } from 'vitest';
import { z } from 'zod';
import { callbackFields, callbackPolicy, readEnv, readProviders } from './index.ts';

test('the defaults of a third party are those of the contract', () => {
  const settings = readProviders({}, ['registry', 'tax', 'warehouse', 'on-ramp', 'off-ramp']).value;
  for (const name of ['registry', 'tax', 'warehouse', 'on-ramp', 'off-ramp']) {
    expect(settings?.[name]).toMatchObject({
      timeoutMs: 10_000,
      retry: { retries: 3, retryDelayMs: 120_000 },
      poll: { firstMs: 200, secondMs: 10, maxDelayMs: 300_000, maxAgeMs: 86_400_000 },
      concurrency: 50,
      ratePerSecond: null,
    });
  }
});

test('the defaults of a CSP: 2 retries 5 s apart, a deadline of two hours; CSPs are found by their URLs', () => {
  const { value, warnings } = readProviders(
    { PROVIDER_CSP_A_URL: 'http://a/base/', PROVIDER_CSP_B_2_URL: 'http://b' },
    ['CSP_*'],
  );
  expect(Object.keys(value ?? {})).toEqual(['CSP_A', 'CSP_B_2']);
  expect(value?.['CSP_A']).toMatchObject({
    url: 'http://a/base',
    retry: { retries: 2, retryDelayMs: 5_000 },
    poll: { maxAgeMs: 7_200_000 },
  });
  expect(warnings).toEqual([]);
});

test('the defaults of callbacks: 15 s, 5 retries after 5 s, 5 min, 30 min, 2 h, 5 h, public addresses only', () => {
  const env = readEnv(z.object(callbackFields), {}).value;
  expect(env && callbackPolicy(env)).toEqual({
    timeoutMs: 15_000,
    concurrency: 50,
    ratePerSecond: null,
    retries: 5,
    scheduleMs: [5_000, 300_000, 1_800_000, 7_200_000, 18_000_000],
  });
  expect(env?.CALLBACK_ALLOW_PRIVATE).toBe(false);
  expect(
    readEnv(z.object(callbackFields), { CALLBACK_RETRY_SCHEDULE_MS: '5, 10,20' }).value?.CALLBACK_RETRY_SCHEDULE_MS,
  ).toEqual([5, 10, 20]);
  expect(readEnv(z.object(callbackFields), { CALLBACK_RETRY_SCHEDULE_MS: '5,soon' }).problems).toHaveLength(1);
});

test('every delay can be set to small numbers', () => {
  const env = {
    PROVIDER_ON_RAMP_URL: 'https://ramp.test/v0',
    PROVIDER_ON_RAMP_RETRY_DELAY_MS: '5',
    PROVIDER_ON_RAMP_POLL_MAX_AGE_MS: '900',
    PROVIDER_ON_RAMP_RATE_PER_SECOND: '2.5',
    PROVIDER_ON_RAMP_CONCURRENCY: '3',
  };
  expect(readProviders(env, ['on-ramp']).value?.['on-ramp']).toMatchObject({
    url: 'https://ramp.test/v0',
    retry: { retries: 3, retryDelayMs: 5 },
    poll: { maxAgeMs: 900 },
    ratePerSecond: 2.5,
    concurrency: 3,
  });
});

test('an unknown PROVIDER_ variable warns and does not stop the start', () => {
  const reading = readProviders({ PROVIDER_REGISTRY_URLL: 'http://x', PROVIDER_MARS_URL: 'http://x' }, ['registry']);
  expect(reading.problems).toEqual([]);
  expect(reading.warnings.join()).toMatch(/PROVIDER_REGISTRY_URLL.*PROVIDER_MARS_URL/);
});
