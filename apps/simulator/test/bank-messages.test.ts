import { createHmac } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { Agent, request } from 'undici';
import { describe, expect, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { bankStage, file } from './bank-stage.ts';
import { ask, until } from './stage.ts';

const { town, receiver, sim, pay, next, remove, messages, rule } = bankStage();

describe('messages', () => {
  test('the oldest again and again until deleted; 204 when there is none; DELETE 404 the second time', async () => {
    expect((await next()).status).toBe(204);
    await sim('POST', '/bank/messages', { type: 'PAYMENT', body: '<A/>' });
    await sim('POST', '/bank/messages', { type: 'PAYMENT', body: '<B/>' });
    const first = await next();
    expect((await next()).headers['message-response-id']).toBe(first.headers['message-response-id']);
    expect((await ask('GET', `${town().url}/bank/messages/count`)).body).toEqual({ count: 2 });
    expect((await ask('GET', `${town().url}/bank/messages?Limit=1`)).body).toMatchObject({
      messages: [{ messageType: 'PAYMENT' }],
    });
    const id = first.headers['message-response-id'];
    expect((await ask('GET', `${town().url}/bank/messages/${String(id)}`)).body).toBe('<A/>');
    expect([(await remove(id)).status, (await remove(id)).status]).toEqual([200, 404]);
    expect((await next()).body).toBe('<B/>');
    await sim('POST', '/bank/age', { ms: 6 * 86_400_000 });
    expect((await next()).status).toBe(204);
  });
  test('delete-fails: 500, and it is deleted', async () => {
    await rule('delete-fails');
    await pay(file(['1.12']));
    const id = await until('the report', async () => (await next()).headers['message-response-id']);
    expect((await remove(id)).status).toBe(500);
    expect((await next()).status).toBe(204);
    expect((await remove(id)).status).toBe(404);
  });
  test('heartbeat at once; the message heartbeat later, with its request id, or never', async () => {
    const beat = await ask('GET', `${town().url}/bank/heartbeat`);
    expect(beat.body).toMatch(/<HeartBeatResponse><TimeStamp>/);
    const asked = await ask('GET', `${town().url}/bank/heartbeat/mq`);
    expect(asked.status).toBe(202);
    const [heard] = await messages(1, 'HEARTBEAT');
    expect(heard?.requestId).toBe(asked.headers['message-request-id']);
    await sim('POST', '/bank/settings', { heartbeatMs: null });
    expect((await ask('GET', `${town().url}/bank/heartbeat/mq`)).status).toBe(202);
    await sim('POST', '/bank/outage', { answer: 503, path: '/heartbeat' });
    expect((await ask('GET', `${town().url}/bank/heartbeat`)).status).toBe(503);
    expect((await next()).status).toBe(204);
  });
  test('a webhook for each, signed in hex; missing, twice, forged', async () => {
    await pay(file(['1.12']));
    await until('two', () => receiver().came.length === 2);
    const hmac = (raw: string): string => createHmac('sha256', 'bank-webhook-secret').update(raw).digest('hex');
    expect(receiver().came.map(({ body }) => (body as { messageType: string }).messageType)).toEqual([
      'PAYMENT',
      'CREDIT_DEBIT_NOTIFICATION',
    ]);
    expect(
      receiver().came.every(
        ({ raw, headers, path }) => path === '/webhooks/bank' && headers['x-lhv-hmac'] === hmac(raw),
      ),
    ).toBe(true);
    for (const [fate, count] of [
      ['webhook-missing', 0],
      ['webhook-twice', 2],
      ['webhook-forged', 1],
    ] as const) {
      await sim('DELETE', '/bank/rules');
      await rule(fate);
      receiver().came.length = 0;
      await pay(file(['1.02']));
      await messages(1);
      await until(`${count} webhooks`, () => receiver().came.length === count);
      if (fate === 'webhook-forged')
        expect(receiver().came.some(({ raw, headers }) => headers['x-lhv-hmac'] === hmac(raw))).toBe(false);
    }
  });
});

test('mutual TLS: served with its certificate; without one, or with an expired one, 403', async () => {
  const { body } = await ask('GET', `${town().url}/_sim`);
  const { bank } = (body as { settings: Record<string, Record<string, string>> }).settings;
  const { URL: url = '', CLIENT_CERT = '', CLIENT_KEY = '', CA_CERT = '', EXPIRED_CLIENT_CERT = '' } = bank ?? {};
  const beat = async (cert: string | null): Promise<number> => {
    const own = cert === null ? {} : { cert: readFileSync(cert), key: readFileSync(CLIENT_KEY) };
    const dispatcher = new Agent({ connect: { ca: readFileSync(CA_CERT), ...own } });
    const answer = await request(`${url}/heartbeat`, { dispatcher });
    await answer.body.dump();
    await dispatcher.destroy();
    return answer.statusCode;
  };
  expect(url).toMatch(/^https:\/\/127\.0\.0\.1:\d+$/);
  expect([await beat(CLIENT_CERT), await beat(null), await beat(EXPIRED_CLIENT_CERT)]).toEqual([200, 403, 403]);
});

test('recording counts: payouts counted, no lines', async () => {
  const light = await startSimulator({ record: 'counts', timeScale: 0.01 });
  const one = file(['1.00']);
  await ask('POST', `${light.url}/bank/payment`, one.xml, undefined, { 'content-type': 'application/xml' });
  await until('ACSC', () => light.bank.payouts.find(one.ids[0] ?? '')?.status === 'ACSC');
  expect(light.bank.payouts.find(one.ids[0] ?? '')).toMatchObject({ executions: 1, statuses: [] });
  expect(light.bank.find(one.msgId)).toMatchObject({ requests: [] });
  await light.close();
});
