import { verify } from 'node:crypto';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { describe, expect, test } from 'vitest';
import { startSimulator } from '../src/index.ts';
import { createTimers } from '../src/timers.ts';
import { ask, stage, until, type Came } from './stage.ts';

const { town, receiver, id, sim, holdTime, letPass } = stage({ timeScale: 0.1 });

type Ramp = 'on-ramp' | 'off-ramp';
interface Told {
  readonly id: string;
  readonly state: string;
  readonly code?: string;
  readonly receipt: { final_amount: string; destination_tx_hash: string | null };
}
interface Given {
  readonly ramp?: Ramp;
  readonly key?: string;
  readonly amount?: string;
  readonly account?: string;
  readonly from?: string;
  readonly to?: string;
  readonly more?: object;
  readonly patienceMs?: number;
}
// What the simulator answers: a wall of the test.
const told = (answer: { body: unknown }): Told => answer.body as Told;
const api = (
  ramp: Ramp,
  method: 'GET' | 'POST' | 'DELETE',
  path: string,
  body?: unknown,
  headers = {},
  patienceMs?: number,
) => ask(method, `${town().url}/${ramp}/v0${path}`, body, patienceMs, { 'api-key': `${ramp}-api-key`, ...headers });

/** One leg's transfer under its reference; the key is the reference unless said otherwise. */
const tell = (reference: string, given: Given = {}) => {
  const { ramp = 'on-ramp', key = reference, amount = '100.00', account = 'acc', from = 'usd', to = 'usdc' } = given;
  const ends = {
    source: { currency: from, payment_rail: 'wire' },
    destination: { currency: to, external_account_id: account },
  };
  const body = { client_reference_id: reference, amount, ...ends, ...given.more };
  return api(ramp, 'POST', '/transfers', body, { 'idempotency-key': key }, given.patienceMs);
};
const look = (transfer: string, ramp: Ramp = 'on-ramp') => api(ramp, 'GET', `/transfers/${transfer}`);
const becomes = (transfer: string, state: string, ramp: Ramp = 'on-ramp') =>
  until(state, async () => told(await look(transfer, ramp)).state === state && told(await look(transfer, ramp)));
interface Event {
  readonly event_sequence: number;
  readonly event_object_status: string;
  readonly event_object: Told;
}
/** In the order they were sent: on connections of their own, they may overtake each other. */
const events = () =>
  receiver()
    .came.map(({ body }) => body as Event)
    .toSorted((one, other) => one.event_sequence - other.event_sequence);
const words = () => events().map(({ event_object_status }) => event_object_status);
const page = (reference: string) => {
  const found = town()['on-ramp'].find(reference);
  if (!found) throw new Error(`nothing is known about ${reference}`);
  return found;
};

/** Verifies as a receiver does; how old it is in ms. */
async function verified({ raw, headers }: Came): Promise<{ ok: boolean; ageMs: number }> {
  const [, at = '', signature = ''] = /^t=(\d+),v0=(.+)$/.exec(String(headers['x-webhook-signature'])) ?? [];
  const pem = await ask('GET', `${town().url}/_sim/on-ramp/public-key`);
  const ok = verify('sha256', Buffer.from(`${at}.${raw}`), String(pem.body), Buffer.from(signature, 'base64'));
  return { ok, ageMs: Date.now() - Number(at) };
}

describe('a transfer', () => {
  test('awaiting_funds ... payment_processed, each with a webhook rightly signed, fees and rate told', async () => {
    const one = id();
    const answer = await tell(one, { amount: '1000.01', to: 'usdc' });
    expect(answer).toMatchObject({
      status: 201,
      body: {
        client_reference_id: one,
        state: 'awaiting_funds',
        amount: '1000.01',
        receipt: { exchange_fee: '10.00', exchange_rate: '1', final_amount: '990.010000', destination_tx_hash: null },
      },
    });
    await becomes(told(answer).id, 'payment_processed');
    await until('three webhooks', () => words().length === 3);
    expect(words()).toEqual(['funds_received', 'payment_submitted', 'payment_processed']);
    for (const came of receiver().came) {
      expect(came.path).toBe('/webhooks/on-ramp');
      expect(await verified(came)).toMatchObject({ ok: true });
    }
    expect(receiver().came[0]?.body).toMatchObject({
      api_version: 'v0',
      event_category: 'transfer',
      event_type: 'transfer.updated.status_transitioned',
      event_object_id: told(answer).id,
      event_object: { client_reference_id: one },
    });
  });
  test('amounts are exact, whatever their size, and never rounded up', async () => {
    const receipt = async (given: Given) => (await tell(id(), given)).body as object;
    expect(await receipt({ ramp: 'off-ramp', amount: '990.010000', from: 'usdc', to: 'eur' })).toMatchObject({
      receipt: {
        exchange_fee: '14.850150',
        subtotal_amount: '975.159850',
        exchange_rate: '0.92592592',
        final_amount: '902.92',
      },
    });
    expect(await receipt({ amount: '123456789012345.67', from: 'usd', to: 'jpy' })).toMatchObject({
      receipt: { subtotal_amount: '122222221122222.22', final_amount: '18242122555154228' },
    });
    expect(await tell(id(), { amount: '1.001' })).toMatchObject({ status: 400, body: { code: 'invalid_parameters' } });
    expect(await tell(id(), { to: 'xau' })).toMatchObject({ status: 400, body: { code: 'invalid_parameters' } });
  });
  test('same key and body: the original answer; another body: 400 duplicate_record; one effect', async () => {
    const one = id();
    const first = await tell(one);
    await becomes(told(first).id, 'payment_processed');
    expect(await tell(one)).toMatchObject({ status: 201, body: { id: told(first).id, state: 'awaiting_funds' } });
    expect(await tell(one, { amount: '100.05' })).toMatchObject({ status: 400, body: { code: 'duplicate_record' } });
    expect(page(one).effects).toBe(1);
  });
  test('a key older than 24 h: 422; another key for the same reference executes again, and is counted', async () => {
    const one = id();
    await tell(one);
    await sim('POST', '/on-ramp/age', { ms: 25 * 3_600_000 });
    expect(await tell(one)).toMatchObject({ status: 422, body: { code: 'idempotency_key_expired' } });
    expect((await tell(one, { key: `${one}-2` })).status).toBe(201);
    expect(page(one).effects).toBe(2);
    expect(town()['on-ramp'].counts().doubles).toBe(1);
    const list = await api('on-ramp', 'GET', `/transfers?client_reference_id=${one}`);
    expect(list.body).toMatchObject({ count: 2 });
  });
  test('found by its reference; none: an empty list; unknown id: 404; wrong key 401; no Idempotency-Key 400, on a GET 400', async () => {
    const one = id();
    const { body } = await tell(one);
    const list = await api('on-ramp', 'GET', `/transfers?client_reference_id=${one}`);
    expect(list).toMatchObject({ status: 200, body: { count: 1, data: [{ id: (body as Told).id }] } });
    expect((await api('on-ramp', 'GET', '/transfers?client_reference_id=x')).body).toEqual({ count: 0, data: [] });
    expect((await look('transfer_x')).status).toBe(404);
    expect((await api('on-ramp', 'GET', '/transfers', undefined, { 'api-key': 'x' })).status).toBe(401);
    expect((await api('on-ramp', 'POST', '/transfers', {})).body).toMatchObject({ code: 'bad_request' });
    expect((await api('on-ramp', 'GET', '/transfers/x', undefined, { 'idempotency-key': 'k' })).status).toBe(400);
  });
  test('DELETE cancels while awaiting_funds only', async () => {
    await sim('POST', '/on-ramp/rules', { match: { leg: 'on', next: 1 }, fate: 'awaiting-for-ever' });
    const waiting = told(await tell(`${id()}:on`));
    expect((await api('on-ramp', 'DELETE', `/transfers/${waiting.id}`)).body).toMatchObject({ state: 'canceled' });
    const done = told(await tell(id(), { amount: '1.04' }));
    expect((await api('on-ramp', 'DELETE', `/transfers/${done.id}`)).status).toBe(400);
  });
});

describe('quotes', () => {
  test('a quote is held for 60 s, whatever the rate does; expired, unknown or for another amount: 400', async () => {
    const ask1 = { amount: '100.00', source: { currency: 'eur' }, destination: { currency: 'usdc' } };
    const quote = await api('on-ramp', 'POST', '/quotes', ask1);
    expect(quote).toMatchObject({
      status: 201,
      body: { exchange_rate: '1.08', exchange_fee: '1.00', final_amount: '106.920000' },
    });
    const { id: quote_id } = quote.body as { id: string };
    await sim('POST', '/on-ramp/rates', { EUR: '0.50' });
    const quoted = (given: Given = {}) => tell(id(), { from: 'eur', more: { quote_id }, ...given });
    expect(told(await quoted()).receipt.final_amount).toBe('106.920000');
    expect(told(await tell(id(), { from: 'eur' })).receipt.final_amount).toBe('49.500000');
    expect(await quoted({ amount: '99.00' })).toMatchObject({ status: 400, body: { code: 'invalid_parameters' } });
    expect(await quoted({ more: { quote_id: 'x' } })).toMatchObject({ status: 400, body: { code: 'not_found' } });
    await sim('POST', '/on-ramp/age', { ms: 61_000 });
    expect(await quoted()).toMatchObject({ status: 400, body: { code: 'quote_expired' } });
  });
});

describe('fates', () => {
  test.each([
    ['1.02', 'refunded', ['funds_received', 'refund_in_flight', 'refunded']],
    ['1.03', 'canceled', ['canceled']],
    ['1.06', 'payment_processed', ['in_review', 'payment_processed']],
    ['1.41', 'undeliverable', ['funds_received', 'payment_submitted', 'undeliverable']],
    ['1.42', 'returned', ['funds_received', 'payment_submitted', 'returned']],
    ['1.43', 'error', ['funds_received', 'payment_submitted', 'error']],
    ['1.46', 'refund_failed', ['funds_received', 'payment_submitted', 'refund_failed']],
    ['1.47', 'missing_return_policy', ['funds_received', 'payment_submitted', 'missing_return_policy']],
    ['1.17', 'returned', ['funds_received', 'payment_submitted', 'payment_processed', 'returned']],
  ] as const)('%s ends %s by %j', async (amount, end, way) => {
    const { id: transfer } = told(await tell(id(), { amount }));
    await becomes(transfer, end);
    await until('the webhooks', () => words().length === way.length);
    expect(words()).toEqual(way);
  });
  test('processed-at-once, in-review-for-ever, awaiting-for-ever, unknown-state', async () => {
    const states = await Promise.all(
      ['1.04', '1.36', '1.35', '1.49'].map(async (amount) => told(await tell(id(), { amount })).state),
    );
    expect(states).toEqual(['payment_processed', 'in_review', 'awaiting_funds', 'in_orbit']);
    expect(words()).toEqual([]);
  });
  test('provisional-hash: another hash at payment_submitted than at the end', async () => {
    await tell(id(), { amount: '1.16' });
    await until('the webhooks', () => words().length === 3);
    const hashes = events().map(({ event_object }) => event_object.receipt.destination_tx_hash);
    expect(hashes).toEqual([null, expect.stringMatching(/^0x/), expect.stringMatching(/^0x/)]);
    expect(hashes[1]).not.toBe(hashes[2]);
  });
  test('key-expired: kept, never answered, and from then on 422; found by its reference', async () => {
    const one = id();
    expect((await tell(one, { amount: '1.51', patienceMs: 150 })).status).toBe('TimeoutError');
    expect((await tell(one, { amount: '1.51' })).status).toBe(422);
    expect((await api('on-ramp', 'GET', `/transfers?client_reference_id=${one}`)).body).toMatchObject({ count: 1 });
  });
  test('a marker addresses one ramp, or the reverse of a leg', async () => {
    const account = 'DE1 sim:off-ramp=canceled sim:reverse=refused';
    expect(told(await tell(id(), { account })).state).toBe('awaiting_funds');
    const off = told(await tell(id(), { account, ramp: 'off-ramp', amount: '1.04', from: 'usdc' }));
    await becomes(off.id, 'canceled', 'off-ramp');
    expect((await tell(`${id()}:reverse`, { account })).status).toBe(400);
    expect((await tell(`${id()}:on`, { account })).status).toBe(201);
    expect((await tell(id(), { account: 'sim:refused' })).status).toBe(400);
    expect((await tell(`${id()}:reverse`, { account: 'sim:refused' })).status).toBe(201);
    expect((await tell(`${id()}:reverse`, { amount: '1.34' })).status).toBe(201);
  });
});

describe('webhooks', () => {
  test('poll-only: none; webhook-only: GET says awaiting_funds for ever', async () => {
    const quiet = told(await tell(id(), { amount: '1.07' }));
    await becomes(quiet.id, 'payment_processed');
    const loud = told(await tell(id(), { amount: '1.05' }));
    await until('the webhooks', () => words().length === 3);
    expect(told(await look(loud.id)).state).toBe('awaiting_funds');
  });
  test('webhook-first, webhook-late', async () => {
    holdTime();
    await tell(id(), { amount: '1.12' });
    expect(words()).toEqual(['payment_processed']);
    const late = told(await tell(id(), { amount: '1.13' }));
    await letPass(1_999);
    expect([told(await look(late.id)).state, words().length]).toEqual(['payment_processed', 1]);
    await letPass(1);
    expect(words()).toHaveLength(2);
  });
  test('webhook-twice: the same event_id; webhook-out-of-order: the end first', async () => {
    await tell(id(), { amount: '1.08' });
    await until('both', () => words().length === 2);
    expect(new Set(receiver().came.map(({ body }) => (body as { event_id: string }).event_id)).size).toBe(1);
    await tell(id(), { amount: '1.11' });
    await until('three', () => words().length === 5);
    expect(words().slice(2)).toEqual(['payment_processed', 'funds_received', 'payment_submitted']);
  });
  test.each([
    ['1.14', 'stale', true],
    ['1.15', 'forged', false],
    ['1.53', 'unsigned', false],
  ] as const)('%s: a webhook that is %s says refunded; the truth is payment_processed', async (amount, wrong, ok) => {
    const one = id();
    const { id: transfer } = told(await tell(one, { amount }));
    await becomes(transfer, 'payment_processed');
    await until('the webhook', () => page(one).webhooks.length === 1);
    expect(words()).toEqual(['refunded']);
    const came = receiver().came[0];
    const seen = came && (await verified(came));
    expect(seen?.ok).toBe(ok);
    if (wrong === 'stale') expect(seen?.ageMs).toBeGreaterThan(10 * 60_000);
    expect(page(one).webhooks).toMatchObject([{ signed: wrong }]);
  });
  test('one answered 500 comes again, signed anew; the bare event type', async () => {
    receiver().answers.push(500);
    await tell(id(), { amount: '1.52' });
    await until('four', () => words().length === 4);
    expect(
      receiver().came.every(
        ({ body }) => (body as { event_type: string }).event_type === 'updated.status_transitioned',
      ),
    ).toBe(true);
    const signatures = receiver().came.map(({ headers }) => headers['x-webhook-signature']);
    expect(new Set(signatures).size).toBe(4);
  });
  test('where they go can be said, or that they go nowhere', async () => {
    await sim('POST', '/on-ramp/webhook', { url: receiver().url });
    await tell(id(), { amount: '1.12' });
    expect(receiver().came[0]?.path).toBe('/hook/token');
    await sim('POST', '/on-ramp/webhook', { url: null });
    await tell(id(), { amount: '1.12' });
    expect(words()).toHaveLength(1);
  });
});

test.each([
  ['1.21', 504, 1],
  ['1.23', 504, 0],
  ['1.24', 'TimeoutError', 1],
  ['1.26', 'TimeoutError', 0],
  ['1.39', 201, 1],
  ['1.32', 500, 0],
] as const)('%s: %s, %i effects; told again with the same key it is one', async (amount, met, effects) => {
  const one = id();
  expect((await tell(one, { amount, ...(met === 'TimeoutError' && { patienceMs: 300 }) })).status).toBe(met);
  expect(page(one).effects).toBe(effects);
  for (let n = 0; n < 2; n++) await tell(one, { amount });
  expect(page(one).effects).toBe(1);
});

test('504-kept-late and told again meanwhile under the same key: one effect', async () => {
  const one = id();
  await tell(one, { amount: '1.22' });
  expect((await tell(one, { amount: '1.22' })).status).toBe(201);
  await until('the late effect to be over', () => town().isIdle());
  expect(page(one).effects).toBe(1);
});

test('timers of a starved process fire in any order: statuses and webhooks keep theirs', async () => {
  const waiting: (() => void)[] = [];
  const after = (ms: number, act: () => void): void => void (ms > 0 ? waiting.push(act) : act());
  const pause = (ms: number): Promise<void> => new Promise((resolve) => after(ms, resolve));
  const starved = await startSimulator({
    timers: { ...createTimers(1), after, pause },
    productUrl: receiver().base,
  });
  const [one, ends] = [id(), { source: { currency: 'usd' }, destination: { currency: 'usdc' } }];
  const body = { client_reference_id: one, amount: '100.00', ...ends };
  await ask('POST', `${starved.url}/on-ramp/v0/transfers`, body, undefined, {
    'api-key': 'on-ramp-api-key',
    'idempotency-key': one,
  });
  for (const act of waiting.splice(0).toReversed()) act();
  await until('three webhooks', () => words().length === 3);
  const way = ['funds_received', 'payment_submitted', 'payment_processed'];
  expect(words()).toEqual(way);
  const statuses = starved['on-ramp'].find(one)?.statuses.map(({ status }) => status);
  expect(statuses).toEqual(['awaiting_funds', ...way]);
  await starved.close();
});

test('with a folder the key pair outlives the town', async () => {
  const keysDir = mkdtempSync(join(tmpdir(), 'keys-'));
  const town2 = await startSimulator({ keysDir });
  const { body } = await ask('GET', `${town2.url}/_sim`);
  const { settings } = body as { settings: Record<Ramp, Record<string, string>> };
  expect(settings['on-ramp']['WEBHOOK_PUBLIC_KEY']).toMatch(/^-----BEGIN PUBLIC KEY-----/);
  expect(settings['off-ramp']).toEqual({ ...settings['on-ramp'], API_KEY: 'off-ramp-api-key' });
  await town2.close();
  rmSync(keysDir, { recursive: true });
});
