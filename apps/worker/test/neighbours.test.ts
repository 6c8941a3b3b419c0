import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** Longer than the test may take: when it is over, no hanging callback has even timed out once. */
const CALLBACK_TIMEOUT_MS = 120_000;
const HANGING = 150;
const LIVING = 20;

let house: House;
let client: TestClient;
beforeAll(async () => {
  // Fewer places per queue than hanging callbacks: without a limit per destination these would take them all.
  const env = {
    CALLBACK_TIMEOUT_MS: String(CALLBACK_TIMEOUT_MS),
    CALLBACK_CONCURRENCY: '20',
    WORKER_CONCURRENCY: '60',
  };
  house = await startHouse({ migrate, env });
  client = await house.newClient('neighbours');
});
afterAll(async () => {
  // It would let the hanging ones end, for ten seconds.
  await house?.children.get('worker-1')?.kill9();
  await house?.stop();
});

async function submit(callbackUrl: string): Promise<string> {
  const body = { id: randomUUID(), amount: '10.01', currency: 'EUR', callbackUrl };
  const accepted = await ask('POST', `${house.url}/v1/transactions`, { key: client.key, body });
  expect(accepted.status, accepted.text).toBe(202);
  return accepted.json.submissionId;
}

async function received(submissionId: string): Promise<number> {
  const { json } = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${submissionId}`);
  return json.data.length;
}

test(
  'an endpoint that hangs delays nobody else: all others hear before it has timed out once',
  { timeout: 60_000 },
  async () => {
    const dead = `${house.simulator}/client/callbacks/hang/1`;
    // The same simulator under another name: a destination is a client's host and port.
    const alive = `${house.simulator.replace('127.0.0.1', 'localhost')}/client/callbacks/fine`;
    await Promise.all(Array.from({ length: HANGING }, () => submit(dead)));
    const living = await Promise.all(Array.from({ length: LIVING }, () => submit(alive)));
    const heard = async () => (await Promise.all(living.map(received))).every((times) => times === 1);
    await until(heard, { timeoutMs: 40_000, everyMs: 100, label: 'the living to be heard' });
  },
);
