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
  house = await startHouse({ migrate, env: { PROVIDER_REGISTRY_TIMEOUT_MS: '10000' } });
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
  const { status, timeline, told, page } = await submit('WFA', 'webhook-first', { answerMs: 4_000 });
  await until(async () => (await status()) === 'COMPLETED', { timeoutMs: 3_000, label: 'its end' });
  await until(async () => (await told()).length === 1, { timeoutMs: 3_000, label: 'the callback' });
  const isAnswered = async () => (await timeline()).some((line) => line.type === 'attempt' && line.statusCode === 200);
  expect(await isAnswered()).toBe(false);
  // The answer comes as well, and changes nothing.
  await until(isAnswered, { label: 'the answer' });
  expect(await status()).toBe('COMPLETED');
  expect([await told(), (await page()).effects]).toEqual([['transaction.completed'], 1]);
});

test.each([
  ['twice', 'WTW', 'webhook-twice', ['204', '204']],
  ['in the wrong order', 'WOO', 'webhook-out-of-order', ['204', '204']],
  ['after the end', 'WLA', 'webhook-late', ['204']],
  ['after the end, and says otherwise', 'WCO', 'webhook-contradicting', ['204']],
  ['forged, and says otherwise', 'WFO', 'webhook-forged', ['401']],
])('a webhook that comes %s: one end, told once', async (_, currency, fate, outcomes) => {
  const { status, told, page, timeline } = await submit(currency, fate, { settleMs: 300, webhookMs: 600 });
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
