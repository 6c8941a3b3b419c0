import { Redis } from 'ioredis';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { stall, testDatabase, testRedis, until } from './index.ts';

let migrations = 0;
const migrate = async (url: string): Promise<void> => {
  migrations += 1;
  await query(url, 'create table seen (word text)');
};

test('two databases of one migration are migrated once and do not see each other', async () => {
  const [one, two] = await Promise.all([testDatabase({ migrate }), testDatabase({ migrate })]);
  await query(one.url, `insert into seen values ('one')`);
  expect(await query(one.url, 'select word from seen')).toEqual([{ word: 'one' }]);
  expect(await query(two.url, 'select word from seen')).toEqual([]);
  expect(migrations).toBe(1);
  await Promise.all([one.drop(), two.drop()]);
  await expect(query(one.url, 'select 1')).rejects.toThrow(/does not exist/);
});

test('a migration that failed leaves no template behind', async () => {
  let broken = true;
  const flaky = async (url: string): Promise<void> => {
    await query(url, 'create table t ()');
    if (broken) throw new Error('no luck');
  };
  await expect(testDatabase({ migrate: flaky })).rejects.toThrow('no luck');
  broken = false;
  const database = await testDatabase({ migrate: flaky });
  expect(await query(database.url, 'select from t')).toEqual([]);
  await database.drop();
});

test('two places in Redis do not see each other', async () => {
  const [one, two] = [await testRedis(), await testRedis()];
  expect(one.prefix).not.toBe(two.prefix);
  const [a, b] = [new Redis(one.url), new Redis(two.url)];
  await a.set('key', 'a');
  expect(await b.get('key')).toBeNull();
  a.disconnect();
  b.disconnect();
});

test('until gives back what the condition gave, and says what it last saw when it gives up', async () => {
  let looks = 0;
  expect(await until(() => (looks += 1) > 2 && 'seen')).toBe('seen');
  await expect(until(() => ({ n: 1 }).n > 1, { timeoutMs: 30, label: 'two' })).rejects.toThrow(
    'Waited 30 ms for two; last seen: false',
  );
});

test('until does not count the time in which its own process stood still, and hears what came meanwhile', async () => {
  let came = false;
  setTimeout(() => (came = true), 150);
  setTimeout(stall, 20, 400);
  await until(() => came, { timeoutMs: 200 });
  await expect(until(() => false, { timeoutMs: 50 })).rejects.toThrow('Waited 50 ms');
});

async function query(url: string, sql: string): Promise<unknown[]> {
  const client = new Client({ connectionString: url });
  await client.connect();
  try {
    return (await client.query(sql)).rows;
  } finally {
    await client.end();
  }
}
