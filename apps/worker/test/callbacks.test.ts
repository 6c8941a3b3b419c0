import { randomUUID } from 'node:crypto';
import { createServer } from 'node:http';
import type { AddressInfo } from 'node:net';
import { newTraceparent, parseTraceparent } from '@countersign/process';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House } from '@countersign/testkit';
import { afterAll, beforeAll, expect, onTestFinished, test } from 'vitest';

/** What the simulated client wrote down of one delivery, in the order they came. */
interface Delivery {
  readonly at: string;
  readonly webhookId: string;
  readonly type: string;
  readonly version: number;
  readonly bodySha256: string;
  readonly verified: boolean;
  readonly traceparent: string;
  readonly answered: string;
}

let house: House;
beforeAll(async () => {
  const env = {
    CALLBACK_RETRY_SCHEDULE_MS: '100,200,400,800,3000',
    // Longer than anybody here stands still: every answer is heard.
    PROVIDER_REGISTRY_TIMEOUT_MS: '20000',
    CALLBACK_TIMEOUT_MS: '20000',
  };
  house = await startHouse({ migrate, env });
  // Pending is told at the look after 200 ms: long before the webhook, also on a machine that stands still.
  const rule = { match: { currency: 'WHK' }, fate: 'webhook-only', params: { webhookMs: 3_000 } };
  expect((await ask('POST', `${house.simulator}/_sim/registry/rules`, { body: rule })).status).toBe(201);
});
afterAll(() => house?.stop());

/** Submits for a client of its own: what one test's endpoint earns, another's does not feel. */
async function submit(callbackUrl: string, { currency = 'EUR', headers = {}, key = '' } = {}) {
  const own = key === '' ? (await house.newClient('callbacks')).key : key;
  const body = { id: randomUUID(), amount: '10.01', currency, callbackUrl };
  const accepted = await ask('POST', `${house.url}/v1/transactions`, { key: own, body, headers });
  expect(accepted.status, accepted.text).toBe(202);
  const { submissionId } = accepted.json;
  const heard = async (): Promise<readonly Delivery[]> => {
    const { text } = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${submissionId}`);
    // A cast at the wall: the simulator's books.
    return (JSON.parse(text) as { data: Delivery[] }).data;
  };
  const timeline = async () => (await house.get(`/v1/transactions/${body.id}/timeline`, own)).json.data;
  const attempts = async () => (await timeline()).filter(({ type }) => type === 'callback');
  const letters = async () => {
    const asking = { key: house.adminKey };
    const { text } = await ask('GET', `${house.url}/v1/dead-letters?error=CALLBACK_FAILED`, asking);
    return text.includes(submissionId);
  };
  return { submissionId, key: own, heard, attempts, letters };
}

const at = (behaviour: string) => `${house.simulator}/client/callbacks/${behaviour}`;

test('three failures: the fourth delivery is the same message, signed anew, and the last one', async () => {
  const { heard, attempts } = await submit(at('fail/3'));
  await until(async () => (await attempts()).length === 4, { label: 'the fourth attempt' });
  const deliveries = await heard();
  expect(deliveries.map(({ answered }) => answered)).toEqual(['500', '500', '500', '200']);
  expect(new Set(deliveries.map(({ webhookId }) => webhookId)).size).toBe(1);
  expect(new Set(deliveries.map(({ bodySha256 }) => bodySha256)).size).toBe(1);
  expect(deliveries.every(({ verified }) => verified)).toBe(true);
});

test.each(['busy', 'unavailable'])('%s: its Retry-After of 1 s is obeyed, though 100 ms are scheduled', async (way) => {
  const { heard } = await submit(at(way));
  const [first, second] = await until(async () => {
    const deliveries = await heard();
    return deliveries.length === 2 && deliveries;
  });
  expect(first?.answered).toBe(way === 'busy' ? '429' : '503');
  expect(Date.parse(second?.at ?? '') - Date.parse(first?.at ?? '')).toBeGreaterThanOrEqual(1_000);
});

test('410: told once, and that URL is never asked again', async () => {
  const gone = at('gone');
  const first = await submit(gone);
  await until(async () => (await first.attempts()).length === 1, { label: 'the only attempt' });
  const second = await submit(gone, { key: first.key });
  const [entry] = await until(async () => {
    const entries = await second.attempts();
    return entries.length === 1 && entries;
  });
  expect(entry?.error).toContain('410');
  expect([(await first.heard()).length, (await second.heard()).length]).toEqual([1, 0]);
  expect(await first.letters()).toBe(false);
});

test('a redirect is a failure, tried five times more and never followed', async () => {
  let reached = 0;
  const canary = createServer((_request, response) => {
    reached += 1;
    response.end();
  });
  await new Promise<void>((listening) => canary.listen(0, '127.0.0.1', listening));
  onTestFinished(() => void canary.close());
  // Listening on a TCP port: the address is an object.
  const location = `http://127.0.0.1:${(canary.address() as AddressInfo).port}/inside`;
  const rule = { match: { path: '/redirected' }, behaviour: 'redirect', location };
  expect((await ask('POST', `${house.simulator}/_sim/client/rules`, { body: rule })).status).toBe(201);
  const { heard, letters } = await submit(at('redirected'));
  await until(letters, { timeoutMs: 20_000, label: 'the dead letter' });
  expect((await heard()).map(({ answered }) => answered)).toEqual(Array(6).fill('302'));
  expect(reached).toBe(0);
});

test('what happened before is not told after what happened later', async () => {
  // Pending is told after 200 ms and refused five times, the last time until 4.5 s later; the webhook ends it after three.
  const { heard } = await submit(at('fail/5'), { currency: 'WHK' });
  const deliveries = await until(async () => {
    const all = await heard();
    return all.some(({ type, answered }) => type === 'transaction.completed' && answered === '200') && all;
  });
  const versions = deliveries.map(({ version }) => version);
  expect(deliveries[0]?.type).toBe('transaction.pending');
  expect(versions).toEqual(versions.toSorted((a, b) => a - b));
});

test("every callback goes on with the caller's trace, also when a webhook has brought the end", async () => {
  const traceparent = newTraceparent();
  const { heard } = await submit(at('fine'), { currency: 'WHK', headers: { traceparent } });
  const told = await until(async () => {
    const all = await heard();
    return all.length === 2 && all;
  });
  expect(told.map(({ type }) => type)).toEqual(['transaction.pending', 'transaction.completed']);
  const { traceId } = parseTraceparent(traceparent) ?? {};
  expect(told.map((one) => parseTraceparent(one.traceparent)?.traceId)).toEqual([traceId, traceId]);
});

test('a worker that may not call inside does not, whatever the door has let in', async () => {
  await house.children.get('worker-1')?.stop();
  await house.startWorker('worker-strict', { CALLBACK_ALLOW_PRIVATE: 'false' });
  const { heard, attempts, letters } = await submit(at('fine'));
  await until(letters, { timeoutMs: 20_000, label: 'the dead letter' });
  expect((await attempts()).map(({ error }) => error?.split(':')[0])).toEqual(Array(6).fill('blocked'));
  expect(await heard()).toEqual([]);
});
