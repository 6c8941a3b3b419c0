import { randomBytes } from 'node:crypto';
import { Redis } from 'ioredis';

/** A place in the run's Redis that no other test sees. */
export type TestRedis = {
  /** With the number of a logical database of its own in its path. */
  url: string;
  /** A key prefix nobody else uses, for what takes one (BullMQ). Letters and digits only. */
  prefix: string;
};

/**
 * A fresh, empty logical database in the Redis of this test run. Tests that stop Redis or call FLUSHALL must start their
 * own by startRedis() of devservices instead.
 * @throws Error when the tests were not started through vitest's global set-up.
 */
export async function testRedis(): Promise<TestRedis> {
  const base = required('TEST_REDIS_URL');
  const redis = new Redis(base, { maxRetriesPerRequest: 3 });
  try {
    // Number 0 holds the counter; a foreign Redis (REDIS_URL) may have as few as 16, then they are used in turn.
    const [, databases = '16'] = (await redis.config('GET', 'databases').catch(() => [])) as string[];
    const turn = await redis.incr('testkit:logical-database');
    const url = new URL(base);
    url.pathname = `/${1 + (turn % (Number(databases) - 1))}`;
    return { url: url.href, prefix: `t${randomBytes(5).toString('hex')}` };
  } finally {
    redis.disconnect();
  }
}

/** A variable that the global set-up gives to every test. */
export function required(name: string): string {
  const value = process.env[name];
  if (value === undefined || value === '')
    throw new Error(`${name} is not set: run tests by vitest from the root of the project`);
  return value;
}
