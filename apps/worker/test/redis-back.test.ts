import { randomUUID } from 'node:crypto';
import { startRedis } from '@countersign/devservices';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

let house: House;
let client: TestClient;
beforeAll(async () => {
  // Longer than anybody here stands still: what is told is told once.
  const env = { PROVIDER_REGISTRY_TIMEOUT_MS: '20000', CALLBACK_TIMEOUT_MS: '20000' };
  house = await startHouse({ migrate, env, ownServices: true });
  client = await house.newClient('redis away');
});
afterAll(() => house?.stop());

test('Redis away: 202 all the same, and it ends when an empty Redis has taken its place; told once', async () => {
  const port = house.redis?.port ?? 0;
  await house.redis?.stop();
  const body = { id: randomUUID(), amount: '10.01', currency: 'EUR' };
  const callbackUrl = `${house.simulator}/client/callbacks/fine`;
  const asking = { key: client.key, body: { ...body, callbackUrl } };
  const accepted = await ask('POST', `${house.url}/v1/transactions`, asking);
  expect(accepted.status, accepted.text).toBe(202);
  const standing = async () => (await house.get(`/v1/transactions/${body.id}`, client.key)).json.status;
  expect(await standing()).toBe('PENDING');
  const redis = await startRedis({ port });
  onTestFinished(() => redis.stop());
  await until(async () => (await standing()) === 'COMPLETED', { timeoutMs: 20_000, label: 'its end' });
  const { submissionId } = accepted.json;
  const books = `${house.simulator}/_sim`;
  await until(async () => {
    const { json } = await ask('GET', `${books}/client/callbacks?submission=${submissionId}`);
    return json.data.length === 1;
  });
  expect((await ask('GET', `${books}/registry/effects/${submissionId}`)).json.effects).toBe(1);
});
