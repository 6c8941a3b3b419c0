import { setImmediate as allTurns } from 'node:timers/promises';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { KeyRing, type ClientNews, type KeyRingOptions } from '../src/key-ring.ts';
import type { Bearer } from '../src/index.ts';

const hash = (n: number): Buffer => Buffer.from(`hash ${n}`);
const bearer = (n: number): Bearer => {
  const client = { id: `client-${n}`, name: '', callbackUrl: null, limits: {}, createdAt: 0 };
  return { client, keyId: `key-${n}`, scopes: ['read'] };
};

/** A ring over a table that is a set of numbers, with a clock that stands still. */
function stage(options: Partial<KeyRingOptions> = {}) {
  const table = new Set<number>();
  const said = { asked: 0, news: 0, nowMs: 0 };
  let pending: string[] | null = [];
  let revision = 0;
  const ring = new KeyRing({
    ask: async (asked) => {
      said.asked += 1;
      const n = Number(asked.toString().slice(5));
      const found = table.has(n) ? bearer(n) : undefined;
      return await Promise.resolve(found);
    },
    news: async (): Promise<ClientNews> => {
      said.news += 1;
      const clients = pending;
      pending = [];
      return await Promise.resolve({ revision, clients });
    },
    nowMs: () => said.nowMs,
    ...options,
  });
  const revoke = (n: number, tells: string[] | null = [`client-${n}`]): void => {
    table.delete(n);
    revision += 1;
    pending = tells;
  };
  return { ring, table, said, revoke };
}

test('a key is asked once, however often it comes and for however long; news once a second, and none without requests', async () => {
  const { ring, table, said } = stage();
  table.add(1);
  for (let second = 0; second < 600; second += 1) {
    said.nowMs += 1_001;
    for (let n = 0; n < 20; n += 1) expect((await ring.bearerOf(hash(1)))?.keyId).toBe('key-1');
  }
  expect(said).toMatchObject({ asked: 1, news: 600 });
});

test('a revoked key is refused 3 s later at the latest, whatever the first question behind a request brings', async () => {
  const { ring, table, said, revoke } = stage();
  table.add(1).add(2);
  await Promise.all([ring.bearerOf(hash(1)), ring.bearerOf(hash(2))]);
  revoke(1);
  said.nowMs += 3_001;
  expect(await ring.bearerOf(hash(1))).toBeUndefined();
  expect(await ring.bearerOf(hash(2))).toBeDefined();
  // The other client's key was not asked again.
  expect(said.asked).toBe(3);
});

test('who is too far behind forgets all', async () => {
  const { ring, table, said, revoke } = stage();
  table.add(1).add(2);
  await Promise.all([ring.bearerOf(hash(1)), ring.bearerOf(hash(2))]);
  revoke(2, null);
  said.nowMs += 3_001;
  expect(await ring.bearerOf(hash(2))).toBeUndefined();
  expect(await ring.bearerOf(hash(1))).toBeDefined();
  expect(said.asked).toBe(4);
});

test('an answer that was under way while news came is not remembered', async () => {
  let answer: (found: Bearer | undefined) => void = () => undefined;
  let asked = 0;
  const { ring, said, revoke } = stage({
    ask: async () => {
      asked += 1;
      return await new Promise((resolve) => (answer = resolve));
    },
  });
  const slow = ring.bearerOf(hash(1));
  await until(() => asked === 1);
  revoke(1);
  said.nowMs += 3_001;
  const news = ring.bearerOf(hash(1));
  // The check comes first, then both wait for the one question that is under way.
  await allTurns();
  answer(bearer(1));
  await Promise.all([slow, news]);
  const again = ring.bearerOf(hash(1));
  await until(() => asked === 2);
  answer(undefined);
  expect(await again).toBeUndefined();
});

test('memory is bounded: who comes least goes first, and strangers push out no client', async () => {
  const { ring, table, said } = stage({ mostKeys: 3 });
  for (let n = 1; n <= 4; n += 1) table.add(n);
  for (const n of [1, 2, 3, 1, 4]) await ring.bearerOf(hash(n));
  expect(said.asked).toBe(4);
  await ring.bearerOf(hash(1));
  expect(said.asked).toBe(4);
  await ring.bearerOf(hash(2));
  expect(said.asked).toBe(5);
  for (let n = 100; n < 15_100; n += 1) await ring.bearerOf(hash(n));
  expect(ring.size).toBe(10_003);
  const before = said.asked;
  await ring.bearerOf(hash(2));
  expect(said.asked).toBe(before);
});

test('a key made now opens within 2 s, even where it was tried before; a failed question is no answer', async () => {
  const { ring, table, said } = stage();
  expect(await ring.bearerOf(hash(1))).toBeUndefined();
  table.add(1);
  said.nowMs += 2_001;
  expect(await ring.bearerOf(hash(1))).toBeDefined();
  const failing = stage({ ask: async () => await Promise.reject(new Error('away')) });
  await expect(failing.ring.bearerOf(hash(1))).rejects.toThrow('away');
  await expect(failing.ring.bearerOf(hash(1))).rejects.toThrow('away');
});
