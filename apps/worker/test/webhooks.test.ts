import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';

/** What the simulated registry says of one transaction. */
interface Page {
  readonly effects: number;
  readonly webhooks: readonly { readonly status: string; readonly forged: boolean; readonly outcome: string }[];
}

let house: House;
let client: TestClient;
beforeAll(async () => {
  // Longer than anybody here stands still: every answer is heard.
  const env = { PROVIDER_REGISTRY_TIMEOUT_MS: '20000', CALLBACK_TIMEOUT_MS: '20000' };
  house = await startHouse({ migrate, env });
  client = await house.newClient('webhooks');
});
afterAll(() => house?.stop());

async function submit(currency: string, fate: string, params: object = {}) {
  const rule = { match: { currency }, fate, params };
  expect((await ask('POST', `${house.simulator}/_sim/registry/rules`, { body: rule })).status).toBe(201);
  const callbackUrl = `${house.simulator}/client/callbacks/fine`;
  const body = { id: randomUUID(), amount: '10.00', currency, callbackUrl };
  const accepted = await ask('POST', `${house.url}/v1/transactions`, { key: client.key, body });
  expect(accepted.status, accepted.text).toBe(202);
  const { submissionId } = accepted.json;
  const status = async () => (await house.get(`/v1/transactions/${body.id}`, client.key)).json.status;
  const timeline = async () => (await house.get(`/v1/transactions/${body.id}/timeline`, client.key)).json.data;
  const page = async (): Promise<Page> =>
    // A cast at the wall: the simulator's books.
    JSON.parse((await ask('GET', `${house.simulator}/_sim/registry/effects/${submissionId}`)).text) as Page;
  const told = async () => {
    const { json } = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${submissionId}`);
    return json.data.map(({ type }) => type).filter((type) => type !== 'transaction.pending');
  };
  return { status, timeline, page, told };
}

test('a webhook settles at once, though the registry has not answered our POST yet', async () => {
  const { status, timeline, told, page } = await submit('WFA', 'webhook-first', { answerMs: 6_000 });
  await until(async () => (await status()) === 'COMPLETED', { label: 'its end' });
  await until(async () => (await told()).length === 1, { label: 'the callback' });
  // The answer comes as well, and changes nothing.
  const lines = await until(
    async () => {
      const all = await timeline();
      return all.some(({ type, statusCode }) => type === 'attempt' && statusCode === 200) && all;
    },
    { label: 'the answer' },
  );
  const inThisOrder = ['status COMPLETED', 'callback transaction.completed', 'attempt done'];
  const order = lines.map(({ type, to }) => `${type} ${to ?? ''}`);
  expect(order.filter((line) => inThisOrder.includes(line))).toEqual(inThisOrder);
  expect(await status()).toBe('COMPLETED');
  expect([await told(), (await page()).effects]).toEqual([['transaction.completed'], 1]);
});

test.each([
  ['twice', 'WTW', 'webhook-twice', ['204', '204'], 600],
  ['in the wrong order', 'WOO', 'webhook-out-of-order', ['204', '204'], 600],
  // After the end, also on a machine that stands still before the answer is read.
  ['after the end', 'WLA', 'webhook-late', ['204'], 3_000],
  ['after the end, and says otherwise', 'WCO', 'webhook-contradicting', ['204'], 3_000],
  ['forged, and says otherwise', 'WFO', 'webhook-forged', ['401'], 600],
])('a webhook that comes %s: one end, told once', async (_, currency, fate, outcomes, webhookMs) => {
  const { status, told, page, timeline } = await submit(currency, fate, { settleMs: 300, webhookMs });
  const answered = async () => (await page()).webhooks.map(({ outcome }) => outcome);
  await until(async () => (await answered()).length === outcomes.length, { label: 'the webhooks to be answered' });
  expect(await answered()).toEqual(outcomes);
  // What was taken is applied; what was not has no line.
  const taken = new Set(outcomes).has('401') ? 0 : fate === 'webhook-twice' ? 1 : outcomes.length;
  await until(async () => (await timeline()).filter(({ type }) => type === 'webhook').length === taken, {
    label: 'the webhooks to be applied',
  });
  await until(async () => (await told()).length > 0, { label: 'the callback' });
  expect([await status(), await told(), (await page()).effects]).toEqual(['COMPLETED', ['transaction.completed'], 1]);
});
