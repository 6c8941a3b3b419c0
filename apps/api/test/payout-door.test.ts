import { createHmac, randomUUID } from 'node:crypto';
import { signatureHeaders } from '@countersign/outbound';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, openDoor, type Stage } from './stage.ts';

const BANK_SECRET = 'bank-webhook-secret';
const CONTROLS_SECRET = 'whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw';
let door: Stage;
let key: string;
let owner: string;
beforeAll(async () => {
  // The owner is made first, in the database the door will have: the built-in client owns what names nobody.
  door = await openDoor({
    settings: { webhookSettings: { bank: { secret: BANK_SECRET }, 'payment-controls': { secret: CONTROLS_SECRET } } },
  });
  ({ key, id: owner } = await door.client());
});
afterAll(async () => await door.close());

const payout = (part: Record<string, unknown> = {}, creditor: Record<string, unknown> = {}) => ({
  id: `payout-${randomUUID()}`,
  amount: '12.50',
  currency: 'EUR',
  creditor: { name: 'Ada Lovelace', iban: 'EE382200221020145685', ...creditor },
  ...part,
});
const post = (json: unknown) => door.call('/v1/payouts', { key, json });

test('202: a payout, its IBAN printed or compact, its texts in any writing SEPA has a way for', async () => {
  expect(owner).toBeTruthy();
  for (const json of [
    payout(),
    payout({ currency: 'GBP', amount: 7 }, { iban: 'GB29 NWBK 6016 1331 9268 19', bic: 'NWBKGB2L' }),
    payout({ remittance: 'Счёт № 5' }, { name: 'Õie Ääremaa & Søn', address: { country: 'EE', town: 'Tõrva' } }),
  ]) {
    const answer = await post(json);
    expect(answer.status, answer.text).toBe(202);
    expect(answer.json).toMatchObject({ kind: 'payout', status: 'PENDING', id: json.id });
  }
});

test.each([
  ['/creditor/iban', payout({}, { iban: 'EE382200221020145686' })],
  ['/creditor/iban', payout({}, { iban: 'EE3822002210201456' })],
  ['/amount', payout({ amount: '12.505' })],
  ['/amount', payout({ amount: '0.00' })],
  ['/amount', payout({ amount: '1000000000.00' })],
  ['/currency', payout({ currency: 'USD' })],
  ['/creditor/name', payout({}, { name: '王小明' })],
  ['/creditor/name', payout({}, { name: ' ' })],
  ['/creditor/name', payout({}, { name: 'ß'.repeat(40) })],
  ['/creditor/bic', payout({}, { bic: 'lhvbee22' })],
  ['/remittance', payout({ remittance: 'a//b' })],
  ['/remittance', payout({ remittance: '😀' })],
  ['/creditor/address/town', payout({}, { address: { country: 'EE' } })],
])('400: %s names what is wrong', async (pointer, json) => {
  const answer = await post(json);
  expect(answer.status).toBe(400);
  expect(answer.json.errors.map((error: { pointer: string }) => error.pointer)).toContain(pointer);
});

test('the same payout twice is one; the same id with another body is 422', async () => {
  const json = payout();
  const [first, again, other] = [await post(json), await post(json), await post({ ...json, amount: '12.51' })];
  expect([first.status, again.status, other.status]).toEqual([202, 202, 422]);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.json.submissionId).toBe(first.json.submissionId);
});

test("200: the bank's webhook rings the bell; a forged one does not", async () => {
  const text = JSON.stringify({ eventId: 'E1', messageType: 'PAYMENT', messageResponseId: 'RES1' });
  const ring = (signature: string) =>
    door.call('/webhooks/bank', { text, headers: { 'x-lhv-hmac': signature, 'content-type': 'application/json' } });
  const right = createHmac('sha256', BANK_SECRET).update(text).digest('hex');
  expect((await ring(right.replace(/./, (c) => (c === '0' ? '1' : '0')))).status).toBe(401);
  expect((await door.call('/webhooks/bank', { text })).status).toBe(401);
  expect(await door.store.bells.rungAt('bank')).toBe(0);
  expect((await ring(right.toUpperCase())).status).toBe(200);
  expect(await door.store.bells.rungAt('bank')).toBeGreaterThan(0);
});

const controls = (event: unknown, { secret = CONTROLS_SECRET, ageSec = 0 } = {}) => {
  const text = JSON.stringify(event);
  const timestampSec = Math.floor(Date.now() / 1000) - ageSec;
  const headers = signatureHeaders({ id: `msg_${randomUUID()}`, timestampSec, body: text, secrets: [secret] });
  return door.call('/webhooks/payment-controls', { text, headers: { 'content-type': 'application/json', ...headers } });
};
const approved = (data: unknown) => ({ type: 'CheckoutApprovalAccepted', data });

test('202: an approved checkout is a payout, however often it is told, owned by the built-in client', async () => {
  const data = payout();
  const answers = await Promise.all(Array.from({ length: 5 }, () => controls(approved(data))));
  expect(answers.map(({ status }) => status)).toEqual(Array(5).fill(202));
  const kind = 'payout';
  const mine = { kind, clientId: '00000000-0000-7000-8000-000000000001', id: data.id };
  expect((await door.store.submissions.find(mine))?.submission).toMatchObject({
    naturalId: data.id,
    status: 'PENDING',
  });
  expect((await controls(approved({ ...data, amount: '1.00' }))).status).toBe(422);
});

test('401 forged or stale, 400 malformed, and nothing is kept', async () => {
  const other = 'whsec_C2FVsBQIhrscChlQIMV+b5sSYspob7oD';
  expect((await controls(approved(payout()), { secret: other })).status).toBe(401);
  expect((await controls(approved(payout()), { ageSec: 3_600 })).status).toBe(401);
  expect((await controls({ type: 'SomethingElse', data: {} })).status).toBe(400);
  const bad = await controls(approved(payout({ amount: '-1' })));
  expect(bad.status).toBe(400);
  expect(bad.json.errors[0]?.pointer).toBe('/data/amount');
});

test('/health/ready names the bank and each of its checks, and stays 200 whatever they say', async () => {
  const ready = async () => (await door.call('/health/ready')).json.dependencies;
  expect((await ready()).bank).toMatchObject({
    status: 'down',
    needed: false,
    error: 'no worker has looked at it yet',
  });
  const checks = { heartbeat: 'refused: GET http://bank.internal:8443: refused (ECONNREFUSED)', messages: null };
  await door.store.outlooks.tell('bank', { ready: false, checks });
  const answer = await door.call('/health/ready');
  expect(answer.status).toBe(200);
  expect(answer.json.dependencies).toMatchObject({
    bank: { status: 'down', error: 'not well: heartbeat' },
    'bank.heartbeat': { status: 'down' },
    'bank.messages': { status: 'up' },
  });
  expect(answer.text).not.toContain('bank.internal');
  await door.store.outlooks.tell('bank', { ready: true, checks: { heartbeat: null, messages: null } });
  expect((await ready()).bank).toEqual({ status: 'up', needed: false });
});

test('what the bank said and nobody could place is seen by administrators only', async () => {
  await door.store.bankMail.keep({ id: 'RES7', type: 'PAYMENT', requestId: null, body: '<odd/>' });
  await door.store.bankMail.end('RES7', 'PARKED', 'a report for M1, which is no file of ours');
  expect((await door.call('/v1/bank-messages/parked', { key })).status).toBe(403);
  const { status, json } = await door.call('/v1/bank-messages/parked', { key: ADMIN_KEY });
  expect(status).toBe(200);
  expect(json.data).toEqual([
    expect.objectContaining({ id: 'RES7', note: expect.stringContaining('M1'), body: '<odd/>' }),
  ]);
});
