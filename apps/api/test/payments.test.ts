import { generateKeyPairSync, randomUUID, sign } from 'node:crypto';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor, type Stage, type Answer } from './stage.ts';

const { privateKey, publicKey } = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const stranger = generateKeyPairSync('rsa', { modulusLength: 2_048 });
const pem = publicKey.export({ type: 'spki', format: 'pem' }).toString();

/** What the ramps answer to the next quotes. */
let ramp: { status: number; holdsForMs: number } = { status: 201, holdsForMs: 60_000 };
let ramps: Server;
let door: Stage;
let key: string;

beforeAll(async () => {
  ramps = createServer((request, response) => {
    let text = '';
    request.on('data', (chunk: Buffer) => (text += chunk.toString()));
    request.on('end', () => {
      const isOn = request.url?.startsWith('/on/');
      const { amount } = JSON.parse(text) as { amount: string };
      const quote = {
        ...{ id: isOn ? 'q-on' : 'q-off', amount, exchange_fee: isOn ? '1.00' : '0.50' },
        ...{ exchange_rate: isOn ? '1.08' : '0.5', final_amount: isOn ? '106.92' : '53.21' },
        ...{ created_at: new Date(0).toISOString(), expires_at: new Date(ramp.holdsForMs).toISOString() },
      };
      const isAuthorised = request.headers['api-key'] === 'a-key';
      response.writeHead(isAuthorised ? ramp.status : 401, { 'content-type': 'application/json' });
      response.end(JSON.stringify(ramp.status === 201 ? quote : { code: 'invalid_parameters', message: 'too small' }));
    });
  }).listen(0, '127.0.0.1');
  await new Promise((wake) => ramps.once('listening', wake));
  const base = `http://127.0.0.1:${(ramps.address() as AddressInfo).port}`;
  door = await openDoor({
    settings: {
      webhookSettings: { 'on-ramp': { publicKey: pem }, 'off-ramp': { publicKey: pem.replaceAll('\n', '\\n') } },
    },
    town: {
      PROVIDER_ON_RAMP_URL: `${base}/on`,
      PROVIDER_ON_RAMP_API_KEY: 'a-key',
      PROVIDER_OFF_RAMP_URL: `${base}/off`,
      PROVIDER_OFF_RAMP_API_KEY: 'a-key',
    },
  });
  key = (await door.client()).key;
});
afterAll(async () => {
  await door.close();
  ramps.close();
});

const body = (more: object = {}) => ({
  ...{ amount: '100.00', currency: 'EUR', sourceAccount: 'acct-1', destinationAccount: 'acct-2' },
  ...more,
});
const pay = async (json: object, idempotencyKey: string | undefined = randomUUID(), as = key) =>
  await door.call('/v1/payments', {
    key: as,
    json,
    headers: idempotencyKey === '' ? {} : { 'idempotency-key': idempotencyKey },
  });
const faults = (answer: Answer) => (answer.json.errors ?? []).map(({ pointer, detail }) => `${pointer} ${detail}`);

test('202 when it is committed: PENDING, named by our id, readable at once', async () => {
  const made = await pay(body());
  expect([made.status, made.json.status, made.json.id]).toEqual([202, 'PENDING', made.json.submissionId]);
  expect(made.headers.location).toBe(`/v1/payments/${made.json.id}`);
  expect((await door.call(`/v1/payments/${made.json.id}`, { key })).json).toMatchObject({ id: made.json.id });
});

test.each([
  ['', 'is required'],
  ['too-short', 'must be one key'],
  ['a'.repeat(256), 'must be one key'],
  ['spaces in a key', 'must'],
])('400: the Idempotency-Key %j', async (given, says) => {
  const answer = await pay(body(), given);
  expect(answer.status).toBe(400);
  expect(faults(answer)[0]).toContain(`/headers/idempotency-key ${says}`);
});

test('409 for every second use, whatever its body, parallel ones included: one payment, and all are shown it', async () => {
  const idempotencyKey = randomUUID();
  const answers = await Promise.all(Array.from({ length: 12 }, () => pay(body(), idempotencyKey)));
  const made = answers.filter(({ status }) => status === 202);
  expect([made.length, answers.filter(({ status }) => status === 409).length]).toEqual([1, 11]);
  const id = made[0]?.json.id ?? '';
  for (const more of [{}, { amount: '7' }, { amount: '-1' }, { quoteId: randomUUID() }, { what: 1 }]) {
    const again = await pay(body(more), idempotencyKey);
    expect(again.status).toBe(409);
    expect(again.headers.location).toBe(`/v1/payments/${id}`);
    expect(again.json.existing).toEqual({ id, status: 'PENDING' });
  }
  expect(
    (await door.call('/v1/payments?limit=1000', { key })).json.data.filter((p: { id: string }) => p.id === id),
  ).toHaveLength(1);
  const other = await door.client();
  expect((await pay(body(), idempotencyKey, other.key)).status).toBe(202);
});

test.each([
  [{ amount: '0' }, '/amount must be greater than 0'],
  [{ amount: '-5' }, '/amount must be greater than 0'],
  [{ amount: '12.345' }, '/amount has 3 decimals; EUR has 2 (ISO 4217)'],
  [{ amount: '12.5', currency: 'JPY' }, '/amount has 1 decimals; JPY has none (ISO 4217)'],
  [{ currency: 'XYZ' }, '/currency must be a currency of ISO 4217'],
  [{ currency: 'eur' }, '/currency must be'],
  [{ destinationCurrency: 'XAU' }, '/destinationCurrency must be a currency of ISO 4217'],
  [{ destinationAccount: 'acct-1' }, '/destinationAccount must be another account than sourceAccount'],
  [{ sourceAccount: 'ab' }, '/sourceAccount must be 3 to 100'],
  [{ sourceAccount: 'a'.repeat(101) }, '/sourceAccount must be 3 to 100'],
  [{ sourceAccount: 'acct\u0000' }, '/sourceAccount must be 3 to 100'],
])('400 %j: %s', async (more, says) => {
  const answer = await pay(body(more));
  expect(answer.status).toBe(400);
  expect(faults(answer).join()).toContain(says);
});

test('digits come back as they were sent', async () => {
  const amount = '99999999999999999999999.99';
  expect((await pay(body({ amount }))).json.request.amount).toBe(amount);
  expect((await pay(body({ amount: 12.5 }))).text).toContain('"amount":12.5,');
});

const event = (id: string, more: object = {}) =>
  JSON.stringify({
    ...{ api_version: 'v0', event_id: randomUUID(), event_category: 'transfer', event_object_id: 't1' },
    event_object: { id: 't1', client_reference_id: `${id}:on`, state: 'funds_received', amount: '1.00', ...more },
  });
const post = async (
  text: string,
  how: { signer?: typeof privateKey; atMs?: number; ramp?: string; header?: string } = {},
) => {
  const at = how.atMs ?? Date.now();
  const signature = sign('RSA-SHA256', Buffer.from(`${at}.${text}`), how.signer ?? privateKey).toString('base64');
  const headers = {
    'x-webhook-signature': how.header ?? `t=${at},v0=${signature}`,
    'content-type': 'application/json',
  };
  return await door.call(`/webhooks/${how.ramp ?? 'on-ramp'}`, { text, headers });
};

test('a ramp is believed by its RSA signature, at most 10 minutes old, and an exact repeat has no effect', async () => {
  const { id } = (await pay(body())).json;
  const text = event(id);
  expect((await post(text)).status).toBe(200);
  expect((await post(text)).status).toBe(200);
  expect((await post(text, { atMs: Date.now() - 11 * 60_000 })).status).toBe(401);
  expect((await post(text, { atMs: Date.now() + 11 * 60_000 })).status).toBe(401);
  expect((await post(text, { signer: stranger.privateKey })).status).toBe(401);
  for (const header of ['', 'v0=abc', `t=${Date.now()},v0=AAAA`])
    expect((await post(text, { header })).status).toBe(401);
  expect((await post('{"event_object":{}}')).status).toBe(400);
  expect((await post('{')).status).toBe(400);
});

test('a ramp speaks of its own legs, of payments that are ours', async () => {
  const { id } = (await pay(body())).json;
  const off = { client_reference_id: `${id}:off` };
  expect((await post(event(id, off), { ramp: 'off-ramp' })).status).toBe(200);
  expect((await post(event(id, off))).status).toBe(404);
  expect((await post(event(id), { ramp: 'off-ramp' })).status).toBe(404);
  expect((await post(event(randomUUID()))).status).toBe(404);
  expect((await post(event(id, { client_reference_id: 'somebody-elses' }))).status).toBe(404);
  expect((await post(event(id, { client_reference_id: null }))).status).toBe(404);
});

test('events that are no transfers are genuine and none of our business', async () => {
  const text = JSON.stringify({ event_category: 'customer', event_object: { id: 'cust_1', status: 'active' } });
  expect((await post(text)).status).toBe(200);
  expect((await post(text, { signer: stranger.privateKey })).status).toBe(401);
});

const quote = async (more: object = {}, as = key) =>
  await door.call('/v1/quotes', {
    key: as,
    json: { amount: '100.00', currency: 'EUR', destinationCurrency: 'USD', ...more },
  });

/** Redis has 200 ms to give a permit, or the client is told to ask again. */
const promisedQuote = (more: object = {}, as = key) =>
  until(async () => {
    const answer = await quote(more, as);
    return answer.status !== 503 && answer;
  });

test('a quote says rate, fees, payout and its end, at most 60 s from now, and is kept with the payment made on it', async () => {
  ramp = { status: 201, holdsForMs: 3_600_000 };
  const promised = await promisedQuote();
  expect([promised.status, promised.json.rate, promised.json.payoutAmount]).toEqual([200, '0.54', '53.21']);
  expect(promised.json.fees).toEqual([
    { provider: 'on-ramp', type: 'exchange', amount: '1.00', currency: 'EUR' },
    { provider: 'off-ramp', type: 'exchange', amount: '0.50', currency: 'USDC' },
  ]);
  expect(Date.parse(promised.json.expiresAt) - Date.parse(promised.json.createdAt)).toBe(60_000);
  const made = await pay(body({ destinationCurrency: 'USD', quoteId: promised.json.id }));
  expect(made.status, made.text).toBe(202);
  expect(made.json.quote).toMatchObject({
    id: promised.json.id,
    payoutAmount: '53.21',
    legs: { on: 'q-on', off: 'q-off' },
  });
  expect((await door.call(made.json.links.self, { key })).json.quote).toEqual(made.json.quote);
});

test('400: a quote that is over, somebody else’s, for something else, or none', async () => {
  ramp = { status: 201, holdsForMs: 60_000 };
  const { id } = (await promisedQuote()).json;
  const other = (await promisedQuote({}, (await door.client()).key)).json;
  ramp.holdsForMs = 1;
  const over = (await promisedQuote()).json;
  const usd = { destinationCurrency: 'USD' };
  const cases: [object, string][] = [
    [{ ...usd, quoteId: over.id }, `/quoteId held until ${over.expiresAt}: ask for a new quote`],
    [{ ...usd, quoteId: other.id }, '/quoteId is no quote of yours'],
    [{ ...usd, quoteId: randomUUID() }, '/quoteId is no quote of yours'],
    [{ ...usd, quoteId: 'no uuid' }, '/quoteId'],
    [{ ...usd, quoteId: id, amount: '100.01' }, '/amount is 100.01; the quote is for 100.00'],
    [{ quoteId: id }, '/destinationCurrency is EUR; the quote is for USD'],
  ];
  for (const [more, says] of cases) {
    const answer = await pay(body(more));
    expect([answer.status, faults(answer).join()]).toEqual([400, expect.stringContaining(says)]);
  }
});

test('400 when a ramp refuses to quote, 503 with Retry-After when it gives none', async () => {
  ramp = { status: 400, holdsForMs: 60_000 };
  const refused = await promisedQuote();
  expect([refused.status, faults(refused).join()]).toEqual([
    400,
    expect.stringContaining('the on-ramp gives no quote for it: too small'),
  ]);
  ramp = { status: 500, holdsForMs: 60_000 };
  const away = await quote();
  expect([away.status, away.headers['retry-after']]).toEqual([503, '1']);
  expect((await quote({ amount: '1.234' })).status).toBe(400);
  expect((await door.call('/v1/quotes', { json: {} })).status).toBe(401);
});

test('the docs show payments and quotes', async () => {
  const { json } = await door.call('/openapi.json');
  expect(Object.keys(json.paths)).toEqual(expect.arrayContaining(['/v1/payments', '/v1/quotes', '/webhooks/on-ramp']));
});
