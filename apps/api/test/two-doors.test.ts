import { migrate } from '@countersign/store';
import { testDatabase, testRedis, until, type TestDatabase } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, openDoor, type Stage } from './stage.ts';

let database: TestDatabase;
let here: Stage;
let there: Stage;
beforeAll(async () => {
  database = await testDatabase({ migrate });
  const stores = {
    databaseUrl: database.url,
    redisUrl: (await testRedis()).url,
    ratePerSecond: LIMIT,
    nowMs: () => nowMs,
  };
  [here, there] = await Promise.all([openDoor(stores), openDoor(stores)]);
});
afterAll(async () => {
  await Promise.all([here?.close(), there?.close()]);
  await database?.drop();
});

const LIMIT = 100;
/** Of the limits at both doors: a second ends when a test says so. */
let nowMs = 1_000_000;

/** The contract's promise; the ring itself waits 3 s at most. */
const WITHIN_MS = 5_000;

test('401: a key revoked at one door opens no other one 5 s later, and the client’s other key still does', async () => {
  const { id, key, keyId } = await here.client(['read']);
  const kept = await here.store.clients.addKey(id, ['read']);
  const at = async (door: Stage, one: string) => (await door.call('/v1/receipts', { key: one })).status;
  expect([await at(here, key), await at(there, key), await at(there, kept?.key ?? '')]).toEqual([200, 200, 200]);
  const gone = await here.call(`/v1/clients/${id}/keys/${keyId}`, { method: 'DELETE', key: ADMIN_KEY });
  expect(gone.status).toBe(204);
  expect(await at(here, key)).toBe(401);
  await until(async () => (await at(there, key)) === 401, {
    timeoutMs: WITHIN_MS,
    label: 'the other door to refuse it',
  });
  expect(await at(there, kept?.key ?? '')).toBe(200);
});

test('200: a key made at one door opens the other at once', async () => {
  const { id } = await here.client();
  const made = await here.call(`/v1/clients/${id}/keys`, { key: ADMIN_KEY, json: { scopes: ['read'] } });
  expect((await there.call('/v1/receipts', { key: made.json.key })).status).toBe(200);
});

test('429: one limit for both doors: who has used it up at one is turned away at the other', async () => {
  const { key } = await here.client(['read']);
  const ask = async (door: Stage) => (await door.call('/v1/receipts', { key })).status;
  const seen: number[] = [];
  // Asked fewer times in all than the limit: whatever it refuses was counted elsewhere.
  while (seen.length < LIMIT - 10 && !seen.includes(429)) {
    await Promise.all(Array.from({ length: LIMIT }, async () => await ask(here)));
    seen.push(await ask(there));
  }
  expect(seen).toContain(429);
  // The next second is another count.
  nowMs += 1_000;
  expect(await ask(there)).toBe(200);
});
