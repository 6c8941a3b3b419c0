import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AUTHORITIES_ENV, receipt } from './test/authorities.ts';

const WEBHOOK_KEY = 'the key that POST /webhook answered';
const KEY = 'checkbox:cashier:checkbox-password:checkbox-license-key';

let house: House;
let client: TestClient;
beforeAll(async () => {
  const env = {
    ...AUTHORITIES_ENV,
    PROVIDER_TAX_URL: '{simulator}/checkbox/api/v1',
    PROVIDER_TAX_API_KEY: KEY,
    PROVIDER_TAX_WEBHOOK_SECRET: WEBHOOK_KEY,
  };
  house = await startHouse({ migrate, env });
  const webhook = { url: `${house.url}/webhooks/tax`, key: WEBHOOK_KEY };
  const set = await ask('PUT', `${house.simulator}/_sim/checkbox/webhook`, { body: webhook });
  expect(set.status, set.text).toBe(200);
  client = await house.newClient('checkbox');
});
afterAll(() => house?.stop());

/** What the sold good's name says chooses Checkbox's fate (apps/simulator/src/checkbox/README.md). */
const sold = (fate: string) => {
  const made = receipt(randomUUID(), '');
  const item = { Quantity: 2, Description: `Bread ${fate}`, Amount: 61, VATRate: 22 };
  return { ...made, cbChargeItems: [item], cbPayItems: [{ Quantity: 1, Description: 'Cash', Amount: 61 }] };
};

async function life(body: unknown, type = 'application/json') {
  const headers = { 'content-type': type };
  const made = await ask('POST', `${house.url}/v1/receipts`, { key: client.key, body, headers });
  expect(made.status, made.text).toBe(202);
  return await until(
    async () => {
      const { json } = await house.get(made.json.links.self, client.key);
      if (!['COMPLETED', 'FAILED', 'UNRESOLVED'].includes(json.status)) throw new Error(JSON.stringify(json));
      return json;
    },
    { timeoutMs: 25_000, label: 'the receipt to end' },
  );
}
const page = async (id: string) => (await ask('GET', `${house.simulator}/_sim/checkbox/effects/${id}`)).json;
const effects = async (id: string) => (await page(id)).effects;
/** How each of its webhooks was answered, the first attempt first. */
const answers = async (id: string): Promise<string[]> =>
  ((await page(id)) as unknown as { webhooks: { outcome: string }[] }).webhooks.map(({ outcome }) => outcome);

it('signs in, opens the shift, and registers a receipt under our id', async () => {
  const end = await life(sold(''));
  expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
  expect((end as unknown as { fiscalCode: string }).fiscalCode).toMatch(/^[\w-]{11}$/);
  expect(await effects(end.submissionId)).toBe(1);
});

it.each(['token-stale', 'shift-closed', '504-kept', 'poll-only', 'duplicate'])(
  '%s: registered once all the same',
  async (fate) => {
    const end = await life(sold(`sim:${fate}`));
    expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
    expect(await effects(end.submissionId)).toBe(1);
  },
);

it('refused or cancelled there is FAILED here; what cannot be sold is never sent', async () => {
  expect(await life(sold('sim:checkbox=error'))).toMatchObject({
    status: 'FAILED',
    error: { code: 'ERROR', provider: 'tax' },
  });
  expect(await life(sold('sim:checkbox=cancelled'))).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } });
});

it('its webhook alone is enough: signed, it is answered 200 and registers the receipt while every look says CREATED', async () => {
  const end = await life(sold('sim:webhook-only'));
  expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
  expect((end as unknown as { fiscalCode: string }).fiscalCode).toMatch(/^[\w-]{11}$/);
  expect(await answers(end.submissionId)).toEqual(['200']);
});

it.each([
  ['webhook-first', ['200']],
  ['webhook-twice', ['200', '200']],
  ['webhook-forged', ['401']],
])('%s: answered %j, and registered once', async (fate, outcomes) => {
  const end = await life(sold(`sim:${fate}`));
  expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
  expect(await effects(end.submissionId)).toBe(1);
  await until(async () => (await answers(end.submissionId)).length === outcomes.length, { label: 'its webhooks' });
  expect(await answers(end.submissionId)).toEqual(outcomes);
});

it('its news of shifts is taken with 200 and changes nothing', async () => {
  await ask('DELETE', `${house.simulator}/_sim/checkbox/shift`);
  expect(await life(sold(''))).toMatchObject({ status: 'COMPLETED' });
  const count = async (outcome: string) => {
    const { text } = await ask('GET', `${house.url}/metrics`);
    const line = new RegExp(`countersign_webhooks_received_total\\{provider="tax",outcome="${outcome}"\\} (\\d+)`);
    return Number(line.exec(text)?.[1] ?? 0);
  };
  // CREATED, OPENING and OPENED of the first shift at least, and CLOSED: posted beside the receipt, whenever they come.
  await until(async () => (await count('ignored')) >= 4, { label: 'the news of shifts' });
  expect(await count('invalid-request')).toBe(0);
});
