import { startRedis } from '@countersign/devservices';
import { testRedis, until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { openCounterRedis } from '../src/counter-redis.ts';
import { createSharedCounter } from '../src/intake/shared-counter.ts';

const DAY_MS = 86_400_000;
const MANY = 10_000;

function replica(url: string) {
  const connection = openCounterRedis(url);
  // No window ends during a test, not at midnight either.
  const counter = createSharedCounter(connection.redis, () => 0);
  return {
    count: (key: string) => counter.count(key, DAY_MS),
    close: () => {
      counter.close();
      connection.close();
    },
  };
}

test('what one replica counts, the other knows', async () => {
  const { url } = await testRedis();
  const [one, two] = [replica(url), replica(url)];
  // More than the other one will ever have by its own asking.
  for (let n = 1; n < MANY; n++) one.count('client');
  expect(one.count('client')).toBe(MANY);
  await until(() => two.count('client') > MANY, { label: 'the other replica to know' });
  expect(two.count('another client')).toBe(1);
  one.close();
  two.close();
});

test('Redis away: it counts alone, at once, and adds its share when Redis is back', async () => {
  const redis = await startRedis({});
  const lonely = replica(redis.url);
  await until(() => lonely.count('client') > 3);
  await redis.stop();
  const before = lonely.count('client');
  expect(lonely.count('client')).toBe(before + 1);
  for (let n = 0; n < MANY; n++) lonely.count('client');
  const back = await startRedis({ port: redis.port });
  const other = replica(back.url);
  await until(() => other.count('client') > MANY, { label: 'the share of the one that was alone' });
  lonely.close();
  other.close();
  await back.stop();
});
