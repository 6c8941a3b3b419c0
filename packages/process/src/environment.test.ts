import { expect, test } from 'vitest';
import { z } from 'zod';
import {
  describeProblems,
  everyProcess,
  joinReadings,
  mask,
  port,
  readEnv,
  readProviders,
  secretsKeys,
  text,
  trustedProxies,
} from './index.ts';

const schema = z.object({ ...everyProcess, PORT: port().default(3_000), ADMIN_API_KEY: text(20) });
const good = {
  REDIS_URL: 'redis://127.0.0.1:1',
  DATABASE_URL: 'postgres://u:p@127.0.0.1:2/d',
  ADMIN_API_KEY: 'k'.repeat(20),
};

test('a right environment is read, with its defaults', () => {
  expect(readEnv(schema, { ...good, PORT: ' ' }).value).toEqual({
    ...good,
    HOST: '127.0.0.1',
    PORT: 3_000,
    LOG_LEVEL: 'info',
  });
});

test('every problem is listed at once, by name, with what was given and what is expected; secrets are masked', () => {
  const own = readEnv(schema, { PORT: '70000', DATABASE_URL: 'mysql://u:hunter2@h/d', ADMIN_API_KEY: 'short-secret' });
  const providers = readProviders({ PROVIDER_REGISTRY_RETRIES: 'many' }, ['registry'], { needUrl: ['registry'] });
  const both = joinReadings({ own, providers });
  expect(both.value).toBeUndefined();
  expect(both.problems.map((p) => p.variable).sort()).toEqual([
    'ADMIN_API_KEY',
    'DATABASE_URL',
    'PORT',
    'PROVIDER_REGISTRY_RETRIES',
    'PROVIDER_REGISTRY_URL',
    'REDIS_URL',
  ]);
  const words = describeProblems(both.problems);
  expect(words).toContain('PORT: was "70000"; expected a whole number from 0 to 65535');
  expect(words).toContain('REDIS_URL: is not set; expected a URL such as redis://');
  expect(words).toContain('PROVIDER_REGISTRY_URL: is not set; expected the base URL');
  expect(words).not.toMatch(/hunter2|short-secret/);
});

test('the password in a URL is masked', () => {
  expect(mask('REDIS_URL', 'redis://me:hunter2@host:1')).toBe('redis://me:***@host:1');
  expect(mask('REDIS_URL', 'redis://:hunter2@host:1')).toBe('redis://:***@host:1');
});

test('SECRETS_KEY: keys of 32 bytes in base64, the value never said', () => {
  const read = (given: string) => readEnv(z.object({ SECRETS_KEY: secretsKeys().optional() }), { SECRETS_KEY: given });
  const [one, two] = [Buffer.alloc(32, 1), Buffer.alloc(32, 255)];
  expect(read(`${one.toString('base64')},${two.toString('base64url')}`).value?.SECRETS_KEY).toEqual([one, two]);
  expect(read('').value).toEqual({});
  for (const wrong of ['secret', Buffer.alloc(31).toString('base64'), `${one.toString('base64')},x`, ','])
    expect(describeProblems(read(wrong).problems), wrong).toMatch(
      /SECRETS_KEY: was "\(\d+ characters, hidden\)"; expected a comma list of keys of 32 bytes/,
    );
});

test('TRUST_PROXY: a number of proxies or their networks, never everybody', () => {
  const read = (given: string) =>
    readEnv(z.object({ TRUST_PROXY: trustedProxies().optional() }), { TRUST_PROXY: given });
  expect(read('2').value).toEqual({ TRUST_PROXY: 2 });
  expect(read('10.0.0.0/8, ::1,fd00::/8').value).toEqual({ TRUST_PROXY: ['10.0.0.0/8', '::1', 'fd00::/8'] });
  expect(read('').value).toEqual({});
  for (const wrong of ['true', '0', '33', '10.0.0.0/33', '0.0.0.0/0', 'proxy.example.com', '10.0.0.0/8/8'])
    expect(describeProblems(read(wrong).problems), wrong).toContain(
      'expected a number of proxies from 1 to 32, or a comma list of addresses and networks such as 10.0.0.0/8',
    );
});
