import { ask, until } from '@countersign/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { effectsOf, payment } from './test/ramps.ts';
import { openPayments, type Payments } from './test/town.ts';

/** Ends of payments against real processes: API, worker, PostgreSQL, Redis, and the simulated ramps. */
let town: Payments;
beforeAll(async () => {
  town = await openPayments();
}, 60_000);
afterAll(() => town?.house.stop());

it('COMPLETED shows what the ramps reported, exactly, and the client is told it, signed', async () => {
  const { json } = await town.pay({ amount: '100.01' });
  const end = await town.ends(json.id, 'COMPLETED');
  expect(end).toMatchObject({
    onRampTxId: expect.stringMatching(/^transfer_/),
    offRampTxId: expect.stringMatching(/^transfer_/),
    processedAt: expect.stringMatching(/Z$/),
    // 100.01 EUR less 1 %, times 1.08; less 1.5 %, one to one: every digit as the ramps wrote it.
    onRamp: {
      amount: '100.01',
      currency: 'EUR',
      payoutAmount: '106.930800',
      payoutCurrency: 'USDC',
      fees: { exchange: '1.00' },
    },
    offRamp: { amount: '106.930800', currency: 'USDC', payoutAmount: '105.32', payoutCurrency: 'USD' },
  });
  await town.hears(json.id, 'payment.completed');
  expect(await town.callbacks(json.id)).toMatchObject([{ type: 'payment.completed', verified: true }]);
});

it.each(['on-ramp', 'off-ramp'] as const)(
  'its worker is killed in the middle of the call to the %s: neither lost nor twice',
  async (ramp) => {
    const more = ramp === 'on-ramp' ? { amount: '100.24' } : { destinationAccount: 'acct-sim:off-ramp=silent-kept' };
    const { json } = await town.pay(more);
    await until(
      async () => {
        const lines = await town.timeline(json.id);
        return lines.some((line) => line.type === 'attempt.started' && line.provider === ramp);
      },
      { label: 'the call' },
    );
    const [name, worker] = [...town.house.children].findLast(([each]) => each.startsWith('worker')) ?? [];
    await worker?.kill9();
    await town.house.startWorker(`${name}-next`);
    await town.ends(json.id, 'COMPLETED');
    expect(await effectsOf(town.house.simulator, json.id)).toEqual({ on: 1, off: 1, reverse: 0 });
  },
  60_000,
);

it('the reverse fails too: UNRESOLVED, in the operators’ list, resolved by one with a reason, and told both times', async () => {
  const more = { sourceAccount: 'acct-sim:reverse=undeliverable', destinationAccount: 'acct-sim:off-ramp=canceled' };
  const { json } = await town.pay(more);
  expect(await town.ends(json.id, 'UNRESOLVED')).toMatchObject({ error: { code: 'COMPENSATION_FAILED' } });
  const { text } = await ask('GET', `${town.house.url}/v1/dead-letters?kind=payment&provider=on-ramp`, town.admin);
  const { data } = JSON.parse(text) as { data: { submissionId: string }[] };
  expect(data.filter((letter) => letter.submissionId === json.submissionId)).toHaveLength(1);
  const body = { status: 'FAILED', reason: 'the ramp paid it back by hand, ticket 4711' };
  const resolved = await ask('POST', `${town.house.url}/v1/payments/${json.id}/resolve`, { ...town.admin, body });
  expect([resolved.status, resolved.json.status]).toEqual([200, 'FAILED']);
  await town.hears(json.id, 'payment.failed');
  expect((await town.callbacks(json.id)).map(({ type }) => type)).toEqual(['payment.unresolved', 'payment.failed']);
  const lines = await town.timeline(json.id);
  expect(lines.find((line) => line.to === 'FAILED')).toMatchObject({ reason: body.reason });
  const again = await ask('POST', `${town.house.url}/v1/payments/${json.id}/resolve`, { ...town.admin, body });
  expect(again.status).toBe(409);
});

it('told four times in vain: FAILED and a dead letter, which a replay closes without sending anything', async () => {
  const { json } = await town.pay({ amount: '100.45' });
  expect(await town.ends(json.id, 'FAILED')).toMatchObject({ error: { code: 'NOT_REGISTERED', provider: 'on-ramp' } });
  const list = `${town.house.url}/v1/dead-letters?kind=payment&error=NOT_REGISTERED`;
  const { text } = await ask('GET', list, town.admin);
  const { data } = JSON.parse(text) as { data: { resourceId: string }[] };
  expect(data).toMatchObject([{ resourceId: json.id, provider: 'on-ramp', leg: 'on', step: 'register' }]);
  await town.hears(json.id, 'payment.failed');
  const again = await ask('POST', `${town.house.url}/v1/payments/${json.id}/replay`, town.admin);
  expect([again.status, again.json.status], again.text).toEqual([202, 'FAILED']);
  expect((await ask('GET', list, town.admin)).json.data).toEqual([]);
  expect((await town.callbacks(json.id)).map(({ type }) => type)).toEqual(['payment.failed']);
  expect(await effectsOf(town.house.simulator, json.id)).toEqual({ on: 0, off: 0, reverse: 0 });
}, 40_000);

it('returned after it was COMPLETED: noted, told once as payment.returned, and COMPLETED it stays', async () => {
  const { json } = await town.pay({ destinationAccount: 'acct-sim:off-ramp=returned-later' });
  await town.ends(json.id, 'COMPLETED');
  await town.hears(json.id, 'payment.returned');
  expect(await town.read(json.id)).toMatchObject({ status: 'COMPLETED', returned: { code: 'RETURNED' } });
  expect(await town.callbacks(json.id)).toMatchObject([
    { type: 'payment.completed', verified: true },
    { type: 'payment.returned', verified: true, status: 'COMPLETED' },
  ]);
  expect((await town.timeline(json.id)).some((line) => line.type === 'returned')).toBe(true);
});

it.each([
  ['webhook-twice', '100.08'],
  ['webhook-out-of-order', '100.11'],
  ['webhook-first', '100.12'],
  ['webhook-late', '100.13'],
  ['webhook-stale', '100.14'],
  ['webhook-forged', '100.15'],
  ['webhook-unsigned', '100.53'],
  ['provisional-hash', '100.16'],
  ['unknown-state', '100.49'],
  ['key-expired', '100.51'],
  ['504-kept-late', '100.22'],
  ['busy-429', '100.31'],
  ['malformed', '100.39'],
])(
  '%s is harmless: COMPLETED, each leg once',
  async (_fate, amount) => {
    const { json } = await town.pay({ amount });
    await town.ends(json.id, 'COMPLETED');
    expect(await effectsOf(town.house.simulator, json.id)).toEqual({ on: 1, off: 1, reverse: 0 });
  },
  40_000,
);

it('the order of checks: the key’s form, whether it was used, JSON, fields, quote', async () => {
  const post = async (key: string, body: unknown) =>
    await ask('POST', `${town.house.url}/v1/payments`, {
      key: town.client.key,
      headers: { 'idempotency-key': key },
      body,
    });
  const used = randomUUID();
  const { json } = await town.pay({}, used);
  const bodies: unknown[] = ['{', '', '[]', { amount: '-1' }, payment({ quoteId: randomUUID() }), payment()];
  for (const body of bodies) {
    expect([(await post('too short', body)).status, (await post(randomUUID(), body)).status]).toEqual([
      400,
      body === bodies.at(-1) ? 202 : 400,
    ]);
    const again = await post(used, body);
    expect([again.status, again.headers['location']]).toEqual([409, `/v1/payments/${json.id}`]);
    expect(again.json.existing).toMatchObject({ id: json.id, status: expect.any(String) });
  }
  await town.ends(json.id, 'COMPLETED');
  expect(await effectsOf(town.house.simulator, json.id)).toEqual({ on: 1, off: 1, reverse: 0 });
});

it('made on a quote, it pays out what was promised', async () => {
  const asked = { amount: '250.01', currency: 'EUR', destinationCurrency: 'USD' };
  const promised = await ask('POST', `${town.house.url}/v1/quotes`, { key: town.client.key, body: asked });
  expect(promised.status, promised.text).toBe(200);
  const quote = JSON.parse(promised.text) as { id: string; payoutAmount: string; rate: string };
  const rates = (EUR: string) => ask('POST', `${town.house.simulator}/_sim/on-ramp/rates`, { body: { EUR } });
  await rates('0.50');
  const { json, status, text } = await town.pay({ ...asked, quoteId: quote.id });
  expect(status, text).toBe(202);
  const end = await town.ends(json.id, 'COMPLETED').finally(() => rates('1.08'));
  expect(end['offRamp']).toMatchObject({ payoutAmount: quote.payoutAmount });
  expect(end['quote']).toMatchObject({ id: quote.id, rate: quote.rate });
});
