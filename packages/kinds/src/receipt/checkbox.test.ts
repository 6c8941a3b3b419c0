import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { AUTHORITIES_ENV, receipt } from './test/authorities.ts';

const KEY = 'checkbox:cashier:checkbox-password:checkbox-license-key';

let house: House;
let client: TestClient;
beforeAll(async () => {
  const env = { ...AUTHORITIES_ENV, PROVIDER_TAX_URL: '{simulator}/checkbox/api/v1', PROVIDER_TAX_API_KEY: KEY };
  house = await startHouse({ migrate, env });
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
const effects = async (id: string) => (await ask('GET', `${house.simulator}/_sim/checkbox/effects/${id}`)).json.effects;

it('signs in, opens the shift, and registers a receipt under our id', async () => {
  const end = await life(sold(''));
  expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
  expect((end as unknown as { fiscalCode: string }).fiscalCode).toMatch(/^[\w-]{11}$/);
  expect(await effects(end.submissionId)).toBe(1);
});

it.each(['token-stale', 'shift-closed', '504-kept', 'poll-only'])('%s: registered once all the same', async (fate) => {
  const end = await life(sold(`sim:${fate}`));
  expect(end, JSON.stringify(end)).toMatchObject({ status: 'COMPLETED' });
  expect(await effects(end.submissionId)).toBe(1);
});

it('refused or cancelled there is FAILED here; what cannot be sold is never sent', async () => {
  expect(await life(sold('sim:checkbox=error'))).toMatchObject({
    status: 'FAILED',
    error: { code: 'ERROR', provider: 'tax' },
  });
  expect(await life(sold('sim:checkbox=cancelled'))).toMatchObject({ status: 'FAILED', error: { code: 'CANCELLED' } });
});
