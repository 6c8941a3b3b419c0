import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { startPostgres, startRedis } from '@countersign/devservices';
import { migrate, StoreBusy } from '@countersign/store';
import { ownClock, until } from '@countersign/testkit';
import { expect, test, vi } from 'vitest';
import { openDoor, transaction } from './stage.ts';

test('Redis away: still 202, at once; ready, with Redis named as down; the dispatcher gets the row', async () => {
  const redis = await startRedis({});
  const door = await openDoor({ redisUrl: redis.url });
  const { key } = await door.client();
  await until(async () => (await door.producer.ping()) >= 0, { label: 'Redis' });
  const standing = async () => (await door.call('/health/ready')).json.dependencies['redis']?.status;
  await until(async () => (await standing()) === 'up', { label: 'Redis to be up' });
  // A Redis that never says whether it took the flow: a request that waited for it would have no answer.
  let answer: (() => void) | undefined;
  const silence = new Promise<void>((resolve) => (answer = resolve));
  const flows = vi.spyOn(door.producer, 'startFlow').mockReturnValueOnce(silence);
  expect((await door.call('/v1/transactions', { key, json: transaction() })).status).toBe(202);
  expect(flows).toHaveBeenCalledTimes(1);
  answer?.();
  await redis.stop();
  await until(async () => (await standing()) === 'down', { timeoutMs: 5_000, label: 'Redis to be down' });
  const accepted = await door.call('/v1/transactions', { key, json: transaction() });
  expect(accepted.status).toBe(202);
  const ready = await door.call('/health/ready');
  expect(ready.status).toBe(200);
  expect(ready.json.dependencies).toMatchObject({
    postgres: { status: 'up', needed: true },
    redis: { status: 'down', needed: false },
  });
  await until(async () => (await door.store.agenda.take(10)).some((row) => row.id === accepted.json.submissionId), {
    label: 'the dispatcher to find it',
  });
  await door.close();
});

test('PostgreSQL away: 503 with Retry-After within a second, live but not ready; 202 again when it is back', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'api-test-'));
  const postgres = await startPostgres({ dataDir });
  await migrate(postgres.url);
  const door = await openDoor({ databaseUrl: postgres.url });
  const { key } = await door.client();
  expect((await door.call('/v1/transactions', { key, json: transaction() })).status).toBe(202);
  expect((await door.call('/health/ready')).status).toBe(200);
  await postgres.stop();
  const body = transaction();
  const clock = ownClock();
  for (const path of ['/v1/transactions', '/v1/transactions', '/v1/transactions']) {
    const startedMs = clock();
    const answer = await door.call(path, { key, json: body });
    expect([answer.status, answer.headers['retry-after']]).toEqual([503, '1']);
    expect(answer.json.type).toMatch(/unavailable$/);
    expect(answer.text).not.toMatch(/ECONN|select|insert|127\.0\.0\.1/i);
    expect(clock() - startedMs).toBeLessThan(1_000);
  }
  expect((await door.call('/v1/transactions/x', { key })).status).toBe(503);
  expect((await door.call('/webhooks/registry/x', { json: {} })).status).toBeGreaterThanOrEqual(401);
  await until(async () => (await door.call('/health/ready')).status === 503, { timeoutMs: 5_000, label: 'not ready' });
  expect((await door.call('/health/live')).status).toBe(200);
  const again = await startPostgres({ dataDir, port: postgres.port });
  await until(async () => (await door.call('/health/ready')).status === 200, {
    timeoutMs: 5_000,
    label: 'ready again',
  });
  // Its connections are new: one that needs more than a second is a store that is away.
  const accepted = await until(async () => {
    const answer = await door.call('/v1/transactions', { key, json: body });
    return answer.status !== 503 && answer;
  });
  expect([accepted.status, accepted.headers['idempotency-replayed']]).toEqual([202, undefined]);
  await door.close();
  await again.stop();
  await rm(dataDir, { recursive: true, force: true });
});

test('503 with Retry-After when as many requests wait for the store as may; the same request again is new', async () => {
  const door = await openDoor();
  const { key } = await door.client();
  vi.spyOn(door.store.intake, 'accept').mockRejectedValueOnce(new StoreBusy('accept', 10_000));
  const json = transaction();
  const refused = await door.call('/v1/transactions', { key, json });
  expect([refused.status, refused.headers['retry-after']]).toEqual([503, '1']);
  expect(refused.json.type).toMatch(/unavailable$/);
  const accepted = await door.call('/v1/transactions', { key, json });
  expect([accepted.status, accepted.headers['idempotency-replayed']]).toEqual([202, undefined]);
  await door.close();
});
