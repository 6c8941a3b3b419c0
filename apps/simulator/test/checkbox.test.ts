import { createHmac } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { ask, stage, until } from './stage.ts';

const { town, receiver, id, sim, holdTime, letPass } = stage({ timeScale: 0.05 });
const license = { 'x-license-key': 'checkbox-license-key' };
type Told = Record<string, string | null>;

const call = async (
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  token: string,
  body?: unknown,
  patienceMs?: number,
) => {
  const answer = await ask(method, `${town().url}/checkbox/api/v1${path}`, body, patienceMs, {
    authorization: `Bearer ${token}`,
    ...license,
  });
  // What the simulator answers: a wall of the test.
  return { status: answer.status, body: answer.body as Told };
};
const signIn = async (): Promise<string> => {
  const login = { login: 'cashier', password: 'checkbox-password' };
  return (await call('POST', '/cashier/signin', '', login)).body['access_token'] ?? '';
};
/** Signed in, with an open shift. */
const ready = async (): Promise<string> => {
  const token = await signIn();
  await call('POST', '/shifts', token, {});
  await until('OPENED', async () => (await call('GET', '/cashier/shift', token)).body['status'] === 'OPENED');
  return token;
};
const sell = (token: string, one: string, marker = 'tea', patienceMs?: number) => {
  const goods = [{ good: { code: '1', name: marker, price: 5_000 }, quantity: 2_000 }];
  return call(
    'POST',
    '/receipts/sell',
    token,
    { id: one, goods, payments: [{ type: 'CASHLESS', value: 10_000 }] },
    patienceMs,
  );
};
const page = (one: string) => town().checkbox.find(one);

describe('before a receipt', () => {
  test('signing in: 403 with wrong credentials; without a token 401; without the licence 401', async () => {
    expect(await call('POST', '/cashier/signin', '', { login: 'x', password: 'y' })).toMatchObject({
      status: 403,
      body: { code: 'cashier.invalid_credentials' },
    });
    expect(await call('POST', '/shifts', 'nonsense')).toMatchObject({
      status: 401,
      body: { code: 'base.credentials' },
    });
    const url = `${town().url}/checkbox/api/v1/shifts`;
    const answer = await ask('POST', url, {}, undefined, { authorization: `Bearer ${await signIn()}` });
    expect(answer).toMatchObject({ status: 401, body: { code: 'cash_register.invalid_license_key' } });
    expect((await call('POST', '/cashier/signinPinCode', '', { pin_code: '1234567890' })).status).toBe(200);
  });
  test('a shift takes a while to open; until then 400 shift.not_opened; only one at a time', async () => {
    const token = await signIn();
    holdTime();
    expect((await call('GET', '/cashier/shift', token)).body).toBeNull();
    const opening = await call('POST', '/shifts', token, {});
    expect(opening).toMatchObject({ status: 202, body: { status: 'CREATED' } });
    await letPass(2_999);
    expect(await sell(token, id())).toMatchObject({ status: 400, body: { code: 'shift.not_opened' } });
    expect((await call('POST', '/shifts', token, {})).status).toBe(400);
    const path = `/shifts/${String(opening.body['id'])}`;
    await letPass(1);
    expect((await call('GET', path, token)).body['status']).toBe('OPENED');
    expect((await sell(token, id())).status).toBe(201);
    expect(await call('POST', '/shifts/close', token, {})).toMatchObject({ status: 202, body: { status: 'CLOSING' } });
    await letPass(1_000);
    expect((await call('GET', path, token)).body['status']).toBe('CLOSED');
  });
  test('a refused opening ends CLOSED', async () => {
    await sim('POST', '/checkbox/shift/refuse');
    const token = await signIn();
    const { body } = await call('POST', '/shifts', token, {});
    await until(
      'CLOSED',
      async () => (await call('GET', `/shifts/${String(body['id'])}`, token)).body['status'] === 'CLOSED',
    );
  });
});

describe('a receipt', () => {
  test('CREATED, DONE with a fiscal code, and a signed webhook', async () => {
    const token = await ready();
    const { body: hook } = await call('POST', '/webhook', token, { url: receiver().url });
    const one = id();
    expect(await sell(token, one)).toMatchObject({
      status: 201,
      body: { id: one, status: 'CREATED', total_sum: 10_000, fiscal_code: null },
    });
    await until('the webhook', () => receiver().came.length === 1);
    const [came] = receiver().came;
    expect(came?.body).toMatchObject({ receipt: { id: one, status: 'DONE', fiscal_code: expect.any(String) } });
    const expected = createHmac('sha256', hook['key'] ?? '')
      .update(came?.raw ?? '')
      .digest('base64');
    expect(came?.headers['x-request-signature']).toBe(expected);
    expect(await call('GET', `/receipts/${one}`, token)).toMatchObject({ status: 200, body: { status: 'DONE' } });
  });
  test('the same id again: 400 receipt.already_exists, one effect; an unknown one: 404; a wrong one: 422', async () => {
    const token = await ready();
    const one = id();
    await sell(token, one);
    expect(await sell(token, one)).toMatchObject({ status: 400, body: { code: 'receipt.already_exists' } });
    expect(page(one)).toMatchObject({ effects: 1, tellings: 2 });
    expect((await call('GET', `/receipts/${id()}`, token)).status).toBe(404);
    expect(await call('POST', '/receipts/sell', token, { goods: [] })).toMatchObject({
      status: 422,
      body: { code: 'validation.custom' },
    });
  });
  test('token-stale: 401, and only a new token helps', async () => {
    const token = await ready();
    const one = id();
    expect((await sell(token, one, 'sim:token-stale')).status).toBe(401);
    expect((await sell(token, one)).status).toBe(401);
    expect((await sell(await signIn(), one)).status).toBe(201);
    await sim('POST', '/checkbox/tokens/expire');
    expect((await call('GET', `/receipts/${one}`, token)).status).toBe(401);
  });
  test('shift-closed: 400 shift.not_opened until another shift is open', async () => {
    const token = await ready();
    const one = id();
    expect(await sell(token, one, 'sim:shift-closed')).toMatchObject({
      status: 400,
      body: { code: 'shift.not_opened' },
    });
    expect((await sell(token, one)).status).toBe(400);
    await ready();
    expect((await sell(token, one)).status).toBe(201);
  });
  test.each([
    ['error', 'ERROR'],
    ['cancelled', 'CANCELLED'],
    ['poll-only', 'DONE'],
  ])('%s: CREATED, then %s', async (fate, end) => {
    const token = await ready();
    const one = id();
    await sell(token, one, `sim:${fate}`);
    await until(end, async () => (await call('GET', `/receipts/${one}`, token)).body['status'] === end);
  });
  test('duplicate: kept, and answered already_exists; every move of the shift is told, signed with the key given', async () => {
    await sim('PUT', '/checkbox/webhook', { url: receiver().url, key: 'known beforehand' });
    const token = await signIn();
    holdTime();
    await call('POST', '/shifts', token, {});
    await letPass(3_000);
    const told = receiver().came.map(({ body }) => (body as { shift: Told }).shift['status']);
    expect(told).toEqual(['CREATED', 'OPENING', 'OPENED']);
    for (const { raw, headers } of receiver().came)
      expect(headers['x-request-signature']).toBe(
        createHmac('sha256', 'known beforehand').update(raw).digest('base64'),
      );
    const one = id();
    expect(await sell(token, one, 'sim:duplicate')).toMatchObject({
      status: 400,
      body: { code: 'receipt.already_exists' },
    });
    expect(page(one)).toMatchObject({ effects: 1 });
    await letPass(1_000);
    expect((await call('GET', `/receipts/${one}`, token)).body['status']).toBe('DONE');
  });
  test('webhook-first, webhook-twice, webhook-only, webhook-forged', async () => {
    const token = await ready();
    await call('POST', '/webhook', token, { url: receiver().url });
    const statuses = () => receiver().came.map(({ body }) => (body as { receipt: Told }).receipt['status']);
    await sell(token, id(), 'sim:webhook-first');
    expect(statuses()).toEqual(['DONE']);
    await sell(token, id(), 'sim:webhook-twice');
    await until('both', () => statuses().length === 3);
    const one = id();
    await sell(token, one, 'sim:webhook-only');
    await until('the webhook of webhook-only', () => statuses().length === 4);
    expect((await call('GET', `/receipts/${one}`, token)).body['status']).toBe('CREATED');
    await sell(token, id(), 'sim:webhook-forged');
    await until('the forged one', () => statuses()[4] === 'ERROR');
  });
  test('silent-kept: never answered, told again already_exists; created-for-ever: CREATED', async () => {
    const token = await ready();
    const one = id();
    expect((await sell(token, one, 'sim:silent-kept', 150)).status).toBe('TimeoutError');
    expect(await sell(token, one)).toMatchObject({ body: { code: 'receipt.already_exists' } });
    const two = id();
    await sell(token, two, 'sim:created-for-ever');
    expect((await call('GET', `/receipts/${two}`, token)).body['status']).toBe('CREATED');
  });
});
