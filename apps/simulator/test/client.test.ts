import { randomUUID } from 'node:crypto';
import { Webhook } from 'standardwebhooks';
import { request } from 'undici';
import { describe, expect, test } from 'vitest';
import { startSimulator, type Callback } from '../src/index.ts';
import { ask, patiently, stage, until } from './stage.ts';

const { town, sim } = stage();
const secret = `whsec_${Buffer.from('a secret of twenty-four b').toString('base64')}`;
const submissionId = randomUUID();

/** Sends a callback as Countersign does; `with` another secret it is forged. */
async function send(path: string, given: { id?: string; with?: string; status?: string; base?: string } = {}) {
  const id = given.id ?? `msg_${randomUUID()}`;
  const status = given.status ?? 'COMPLETED';
  const body = JSON.stringify({
    type: `transaction.${status.toLowerCase()}`,
    timestamp: new Date().toISOString(),
    data: { id: 'tx-1', submissionId, version: 4, status },
  });
  const at = new Date();
  const headers = {
    'content-type': 'application/json',
    'webhook-id': id,
    'webhook-timestamp': String(Math.floor(at.getTime() / 1_000)),
    'webhook-signature': new Webhook(given.with ?? secret).sign(id, at, body),
  };
  try {
    const url = `${given.base ?? town().url}/client/callbacks${path}`;
    return await patiently(2_000, async (signal) => {
      const answer = await request(url, { method: 'POST', body, headers, signal });
      const text = await answer.body.text();
      return { status: answer.statusCode, bytes: text.length, headers: answer.headers };
    });
  } catch (error) {
    // An undici error's code, or the signal's name: a wall, so read by hand.
    const { code, name } = error as { code?: string; name: string };
    return { status: typeof code === 'string' ? code : name, bytes: 0, headers: {} };
  }
}

const came = async (submission: string = submissionId): Promise<Callback[]> => {
  const { body } = await sim('GET', `/client/callbacks?submission=${submission}`);
  return (body as { data: Callback[] }).data;
};

describe('callbacks', () => {
  test('are verified with the official library and written down', async () => {
    expect((await sim('POST', '/client/secrets', { secret })).status).toBe(201);
    expect((await send('/any/path', { id: 'msg_1' })).status).toBe(200);
    const [callback] = await came();
    expect(callback).toMatchObject({
      order: 1,
      path: '/any/path',
      webhookId: 'msg_1',
      delivery: 1,
      type: 'transaction.completed',
      id: 'tx-1',
      submissionId,
      version: 4,
      status: 'COMPLETED',
      verified: true,
      problem: null,
      answered: '200',
    });
    expect(callback?.bodySha256).toMatch(/^[0-9a-f]{64}$/);
    expect(await came('tx-1')).toHaveLength(1);
    expect(await came('another')).toEqual([]);
  });
  test('a forged one, or one before any secret is known, is written down as not verified', async () => {
    await send('', {});
    await sim('POST', '/client/secrets', { secret });
    await send('', { with: `whsec_${Buffer.from('somebody else altogether').toString('base64')}` });
    const [early, forged] = await came();
    expect(early).toMatchObject({ verified: false, problem: expect.stringContaining('no secret') });
    expect(forged).toMatchObject({ verified: false, problem: 'No matching signature found' });
    expect(town().client.counts()).toMatchObject({ callbacks: 2, distinct: 2, unverified: 2 });
  });
  test('a secret that is none: 400, and it is not repeated', async () => {
    const answer = await sim('POST', '/client/secrets', { secret: '!' });
    expect(answer.status).toBe(400);
  });
});

describe('behaviours', () => {
  test('fail/2: 500 to the first two deliveries of each webhook-id, then 200', async () => {
    const met = [];
    for (const id of ['a', 'a', 'b', 'a', 'b', 'b']) met.push((await send('/fail/2', { id })).status);
    expect(met).toEqual([500, 500, 500, 200, 500, 200]);
    expect((await came()).map(({ delivery }) => delivery)).toEqual([1, 2, 1, 3, 2, 3]);
  });
  test('busy and unavailable: 429 and 503 with Retry-After once, then 200', async () => {
    expect(await send('/busy', { id: 'a' })).toMatchObject({ status: 429, headers: { 'retry-after': '1' } });
    expect(await send('/busy', { id: 'a' })).toMatchObject({ status: 200 });
    expect(await send('/unavailable/1', { id: 'b' })).toMatchObject({ status: 503, headers: { 'retry-after': '1' } });
  });
  test('gone 410, redirect 302 to a private address, huge 8 MiB, reset', async () => {
    expect((await send('/gone')).status).toBe(410);
    expect(await send('/redirect')).toMatchObject({
      status: 302,
      headers: { location: 'http://169.254.169.254/latest/' },
    });
    expect(await send('/huge')).toMatchObject({ status: 200, bytes: 8 * 1024 * 1024 });
    expect((await send('/reset')).status).toMatch(/ECONNRESET|UND_ERR_SOCKET/);
  });
  test('slow answers late, hang never', async () => {
    const begun = Date.now();
    expect((await send('/slow/1000')).status).toBe(200);
    expect(Date.now() - begun).toBeGreaterThanOrEqual(95);
    expect((await send('/hang')).status).toBe('TimeoutError');
    expect((await came()).map(({ answered }) => answered)).toEqual(['200', 'silence']);
  });
  test('a rule beats the path, for a submission and a number of deliveries', async () => {
    await sim('POST', '/client/rules', { match: { submission: submissionId, next: 1 }, behaviour: 'gone' });
    expect((await send('/fail')).status).toBe(410);
    expect((await send('')).status).toBe(200);
    await sim('POST', '/client/rules', { match: { path: '/mine' }, behaviour: 'fail', number: 9 });
    expect((await send('/mine')).status).toBe(500);
    expect((await send('/yours')).status).toBe(200);
    await sim('DELETE', '/client/rules');
    expect((await send('/mine')).status).toBe(200);
  });
});

test("the original client's PUT: flat by its README, nested by its code", async () => {
  const url = `${town().url}/client/transaction`;
  expect((await ask('PUT', url, { id: '1', status: 'accepted' })).status).toBe(200);
  expect((await ask('PUT', url, { status: { id: '2', status: 'declined' } })).status).toBe(200);
  expect((await ask('PUT', url, { id: '3' })).status).toBe(400);
  expect((await sim('GET', '/client/puts')).body).toMatchObject({
    data: [
      { id: '1', status: 'accepted' },
      { id: '2', status: 'declined' },
    ],
  });
});

test('reset forgets callbacks and rules, and keeps the secrets', async () => {
  await sim('POST', '/client/secrets', { secret });
  await send('', { id: 'a' });
  await sim('POST', '/reset');
  expect(await came()).toEqual([]);
  await send('', { id: 'a' });
  expect(await came()).toMatchObject([{ order: 1, delivery: 1, verified: true }]);
});

test('recording counts: numbers and the listener only', async () => {
  const heard: Callback[] = [];
  const light = await startSimulator({
    record: 'counts',
    client: { onCallback: (callback) => void heard.push(callback) },
  });
  await send('', { id: 'a', base: light.url });
  await send('', { id: 'a', base: light.url });
  await until('both', () => heard.length === 2);
  expect(heard[0]).toMatchObject({ submissionId, status: 'COMPLETED', verified: null, bodySha256: null });
  expect(light.client.callbacks()).toEqual([]);
  expect(light.client.counts()).toMatchObject({ callbacks: 2, distinct: 1, types: { 'transaction.completed': 2 } });
  await light.close();
});
