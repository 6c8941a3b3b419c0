import { createHmac, randomUUID } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AUTHORITIES_ENV, effectsOf, receipt } from './test/authorities.ts';

let house: House;
let client: TestClient;
beforeAll(async () => {
  // Two workers and two sandboxes each: whatever is defined must count in all of them at once.
  house = await startHouse({
    migrate,
    // Longer than anything but `created-for-ever` takes here, on a machine that is four times slower and stands still in between.
    env: { ...AUTHORITIES_ENV, PROVIDER_TAX_POLL_MAX_AGE_MS: '10000' },
    workers: [{}, { WORKER_SANDBOXES: '2' }],
  });
  client = await house.newClient('receipts');
});
afterAll(() => house?.stop());

interface Shown {
  readonly status: string;
  readonly submissionId: string;
  readonly receiptType?: string;
  readonly receiptTypeVersion?: number;
  readonly fiscalCode?: string;
  readonly error: {
    readonly code: string;
    readonly provider?: string;
    readonly message: string;
    readonly violations?: readonly object[];
  } | null;
  readonly registrations: readonly {
    readonly provider: string;
    readonly status: string;
    readonly reference: string | null;
  }[];
}

const submit = async (body: unknown, type = 'application/json', headers: Record<string, string> = {}) => {
  const reply = await ask('POST', `${house.url}/v1/receipts`, {
    key: client.key,
    body,
    headers: { 'content-type': type, ...headers },
  });
  expect(reply.status, reply.text).toBe(202);
  return reply.json.links.self;
};
const shown = async (self: string) => (await house.get(self, client.key)).json as unknown as Shown;
const END = ['COMPLETED', 'FAILED', 'UNRESOLVED'];
const end = async (self: string): Promise<Shown> => {
  await until(async () => END.includes((await shown(self)).status), { timeoutMs: 25_000, label: `${self} to end` });
  return await shown(self);
};
const example = (name: string) => readFileSync(new URL(`examples/${name}`, import.meta.url), 'utf8');

it('the shipped types: UBL, Peppol and a till go their whole way, each under its own name', async () => {
  for (const [file, type, name] of [
    ['ubl-invoice.xml', 'application/xml', 'ubl-invoice'],
    ['peppol-bis-3.xml', 'text/xml; charset=utf-8', 'peppol-bis-3'],
    ['fiscal-receipt.json', 'application/json', 'fiscal-receipt'],
  ] as const) {
    const receiptEnd = await end(await submit(example(file), type));
    expect(receiptEnd, JSON.stringify(receiptEnd)).toMatchObject({
      status: 'COMPLETED',
      receiptType: name,
      receiptTypeVersion: 1,
    });
    expect(receiptEnd.registrations.map((r) => `${r.provider} ${r.status}`)).toEqual(['tax DONE', 'warehouse DONE']);
    expect(receiptEnd.fiscalCode).toBe(receiptEnd.registrations[0]?.reference);
    expect(await effectsOf(house.simulator, receiptEnd.submissionId)).toBe(1);
  }
});

it('an invalid receipt is FAILED with its violations, and no authority ever hears of it', async () => {
  const broken = await end(await submit('{"cbChargeItems": [\n{},'));
  expect(broken).toMatchObject({
    status: 'FAILED',
    registrations: [],
    error: { code: 'INVALID_RECEIPT', violations: [{ line: 2 }] },
  });
  const unpaid = await end(await submit({ ...receipt(randomUUID(), ''), cbPayItems: [] }));
  expect(unpaid.error).toMatchObject({ code: 'INVALID_RECEIPT', violations: [{ rule: 'paid' }] });
  const evil = await end(
    await submit('<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]>\n<a>&x;</a>', 'text/xml'),
  );
  expect(evil.error?.violations).toMatchObject([{ line: 1 }]);
  expect(JSON.stringify(evil)).not.toContain('root:');
  const unknown = await end(await submit({ what: 1 }, 'application/json', { 'receipt-type': 'nobody' }));
  expect(unknown.error?.message).toContain('nobody');
  expect(await effectsOf(house.simulator, unknown.submissionId)).toBe(0);
});

it('a type defined now judges the very next receipt in every process, and a receipt keeps its version', async () => {
  const define = async (rules: string[]) => {
    const body = { format: 'json', match: { pointer: '/kind', equals: 'slip' }, schema: { type: 'object' }, rules };
    const made = await ask('PUT', `${house.url}/v1/receipt-types/slip`, { key: house.adminKey, body });
    expect([200, 201], made.text).toContain(made.status);
  };
  const many = async () =>
    await Promise.all(
      Array.from({ length: 12 }, async () => await end(await submit({ kind: 'slip', n: 1, id: randomUUID() }))),
    );
  expect((await end(await submit({ kind: 'slip', n: 1 }))).error?.message).toContain('no registered type fits');
  await define(['document.n == 1.0']);
  const first = await many();
  expect(new Set(first.map((r) => `${r.status} ${r.receiptTypeVersion}`))).toEqual(new Set(['COMPLETED 1']));
  await define(['document.n == 2.0']);
  const second = await many();
  expect(new Set(second.map((r) => `${r.status} ${r.receiptTypeVersion}`))).toEqual(new Set(['FAILED 2']));
});

it('a dead tax authority delays no warehouse; when it can never be known the receipt is UNRESOLVED, never failed', async () => {
  const self = await submit(receipt(randomUUID(), 'sim:tax=created-for-ever'));
  await until(
    async () => (await shown(self)).registrations.some((r) => r.provider === 'warehouse' && r.status === 'DONE'),
    {
      label: 'the warehouse to be done',
    },
  );
  expect((await shown(self)).status).toBe('PROCESSING');
  const { submissionId } = await end(self);
  expect(await shown(self)).toMatchObject({ status: 'UNRESOLVED', error: { provider: 'tax' } });
  const letters = await ask('GET', `${house.url}/v1/dead-letters?kind=receipt&provider=tax`, { key: house.adminKey });
  expect(letters.text).toContain(submissionId);
});

it('the first refusal decides, with the code of the authority that refused, while the other is still at it', async () => {
  const self = await submit(receipt(randomUUID(), 'sim:warehouse=error sim:tax=created-for-long'));
  const failed = await end(self);
  expect(failed).toMatchObject({ status: 'FAILED', error: { provider: 'warehouse' } });
  expect(failed.error?.code).not.toBe('INVALID_RECEIPT');
});

it.each([
  'duplicate',
  'replay',
  'webhook-first',
  'webhook-twice',
  'webhook-out-of-order',
  'webhook-forged',
  'webhook-unsigned',
  'webhook-late',
  'webhook-only',
  'poll-only',
  'burst-503',
  'busy-429',
  'unknown-status',
])('whatever the authorities do (%s), it is registered once and COMPLETED', async (fate) => {
  const done = await end(await submit(receipt(randomUUID(), `sim:${fate}`)));
  expect(done, JSON.stringify(done)).toMatchObject({ status: 'COMPLETED' });
  expect(await effectsOf(house.simulator, done.submissionId)).toBe(1);
});

it.each(['error', 'created-error', 'webhook-only-error'])(
  'an authority that refuses (%s) makes it FAILED, with its code',
  async (fate) => {
    const failed = await end(await submit(receipt(randomUUID(), `sim:tax=${fate}`)));
    expect(failed, JSON.stringify(failed)).toMatchObject({ status: 'FAILED', error: { provider: 'tax' } });
    const tax = failed.registrations.find(({ provider }) => provider === 'tax');
    expect([tax?.status, failed.error?.code]).toEqual(['REFUSED', 'refused']);
  },
);

it('a number that belongs to another receipt (a duplicate elsewhere) is nobody’s failure: UNRESOLVED, with a dead letter that names it', async () => {
  const self = await submit(receipt(randomUUID(), 'sim:tax=duplicate-elsewhere'));
  const stuck = await end(self);
  expect(stuck, JSON.stringify(stuck)).toMatchObject({ status: 'UNRESOLVED', error: { code: 'ALREADY_REGISTERED' } });
  const letters = await ask('GET', `${house.url}/v1/dead-letters?kind=receipt&provider=tax`, { key: house.adminKey });
  expect(letters.text).toContain(stuck.submissionId);
});

it('a webhook is believed by its signature only, and what it says has one effect', async () => {
  const self = await submit(receipt(randomUUID(), 'sim:tax=created-for-ever'));
  const { submissionId } = await shown(self);
  await until(async () => (await shown(self)).registrations.length === 2, { label: 'both legs to be open' });
  const body = JSON.stringify({ registration: { id: submissionId, status: 'DONE', fiscalCode: 'F-1' } });
  const say = async (secret: string) =>
    await ask('POST', `${house.url}/webhooks/tax`, {
      body,
      headers: { 'x-request-signature': createHmac('sha256', secret).update(body).digest('base64') },
    });
  expect((await say('not the secret')).status).toBe(401);
  expect((await say('warehouse-webhook-secret')).status).toBe(401);
  const heard = await Promise.all([say('tax-webhook-secret'), say('tax-webhook-secret')]);
  expect(heard.map(({ status, text }) => `${status} ${text}`)).toEqual(['200 {"ok":true}', '200 {"ok":true}']);
  expect(await end(self)).toMatchObject({ status: 'COMPLETED', fiscalCode: 'F-1' });
});

it('documents that would run for years are refused, and everybody else goes on meanwhile', async () => {
  const schema = { type: 'object', properties: { a: { type: 'string', pattern: '^(a+)+$' } } };
  const body = { format: 'json', match: { pointer: '/slow' }, schema };
  expect((await ask('PUT', `${house.url}/v1/receipt-types/slow`, { key: house.adminKey, body })).status).toBe(201);
  const hostile = await Promise.all(
    Array.from({ length: 3 }, async (_, at) => await submit({ slow: at, a: `${'a'.repeat(60)}!` })),
  );
  const goOn = async () => {
    const { status } = await end(await submit(receipt(randomUUID(), 'sim:created-done')));
    const hostileOnes = await Promise.all(hostile.map(async (self) => (await shown(self)).status));
    return { status, meanwhile: hostileOnes.includes('PENDING') };
  };
  const honest = await Promise.all(Array.from({ length: 30 }, goOn));
  expect(new Set(honest.map(({ status }) => status))).toEqual(new Set(['COMPLETED']));
  // All of them, where the machine has time for 30 lives within the 10 s that a hostile one is given.
  expect(honest.filter(({ meanwhile }) => meanwhile).length).toBeGreaterThanOrEqual(15);
  const [first] = await Promise.all(hostile.slice(0, 1).map(end));
  expect(first).toMatchObject({ status: 'FAILED', error: { code: 'INVALID_RECEIPT' } });
  expect(first?.error?.message).toContain('takes more than');
});
