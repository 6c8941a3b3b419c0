import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOUDS_ENV } from '../../provisioning-job/test/clouds.ts';

let house: House;
let client: TestClient;
beforeAll(async () => {
  house = await startHouse({ migrate, env: CLOUDS_ENV });
  client = await house.newClient('costs');
});
afterAll(() => house?.stop());

const question = (more: object = {}) => ({
  requestId: randomUUID(),
  portfolioId: `p-${randomUUID()}`,
  targetCsp: 'CSP_A',
  startDate: '2026-09-01',
  endDate: '2027-02-28',
  ...more,
});
const post = (body: object) => ask('POST', `${house.url}/v1/cost-jobs`, { key: client.key, body });

interface Result {
  readonly code: number;
  readonly content: { readonly request: object; readonly response: Record<string, unknown> };
}

/** The one result of a client that asks once. */
async function answerTo(more: object) {
  const asker = await house.newClient('asker');
  const callbackUrl = `${house.simulator}/client/callbacks/fine`;
  const body = { ...question(more), callbackUrl };
  const made = await ask('POST', `${house.url}/v1/cost-jobs`, { key: asker.key, body });
  expect(made.status, made.text).toBe(202);
  let results: Result[] = [];
  await until(
    async () => {
      const { text } = await ask('GET', `${house.url}/v1/cost-jobs`, { key: asker.key });
      results = JSON.parse(text) as Result[];
      return results.length > 0;
    },
    { timeoutMs: 15_000 },
  );
  const { json } = await house.get(made.json.links.self, asker.key);
  const told = async () => {
    const path = `/_sim/client/callbacks?submission=${made.json.submissionId}`;
    return (await ask('GET', house.simulator + path)).json.data.map(({ type }) => type);
  };
  await until(async () => (await told()).includes(`cost-job.${json.status.toLowerCase()}`));
  expect(results[0]?.content.request).toEqual(body);
  return { code: results[0]?.code, response: results[0]?.content.response ?? {}, status: json.status };
}

const data = { total: expect.stringMatching(/^\d+\.\d\d$/), results: expect.any(Array) };
const clin = { clinNumber: '9999', actual: [data], forecast: [data] };

test.each(['sim:cost-objects', 'sim:cost-arrays'])(
  '%s: per CLIN what it cost and will cost, by months, money as strings',
  async (fate) => {
    const { code, response, status } = await answerTo({ portfolioId: `${fate}-${randomUUID().slice(0, 8)}` });
    expect([code, status]).toEqual([200, 'COMPLETED']);
    expect(response['costs']).toMatchObject({ taskOrders: [{ taskOrderNumber: '1234567890123', clins: [clin] }] });
    const months = JSON.stringify(response['costs']).match(/"month":"[\d-]+","value":"\d+\.\d\d"/g) ?? [];
    expect(months).toHaveLength(6);
  },
);

test('months are asked for from their first day to their last', async () => {
  const { response } = await answerTo({ startDate: '2026-09', endDate: '2027-02' });
  expect(response['$metadata']).toMatchObject({
    status: 200,
    request: { method: 'GET', path: expect.stringMatching(/\?start_date=2026-09-01&end_date=2027-02-28$/) },
  });
});

test('two equal questions under two ids are two questions (the original dropped one of them)', async () => {
  const portfolioId = `p-${randomUUID()}`;
  const ends = await Promise.all([answerTo({ portfolioId }), answerTo({ portfolioId })]);
  expect(ends.map(({ code }) => code)).toEqual([200, 200]);
  expect(ends[0].response).toEqual(ends[1].response);
});

test.each([
  ['B', 404],
  ['E', 404],
] as const)('cloud %s has none: FAILED, and the %i is a result the requester hears', async (persona, code) => {
  expect(await answerTo({ targetCsp: `CSP_${persona}` })).toMatchObject({ code, status: 'FAILED' });
});

test.each([
  ['503-always', 503, 'FAILED'],
  ['burst-500', 200, 'COMPLETED'],
  ['silent-lost', 200, 'COMPLETED'],
  ['reset-before', 200, 'COMPLETED'],
  ['malformed', 502, 'FAILED'],
] as const)('%s: a result %i, and the job is %s', async (fate, code, status) => {
  expect(await answerTo({ portfolioId: `sim:${fate}` })).toMatchObject({ code, status });
});

test('400: dates that do not exist, the end before the start, days with months; 202 again, 422 with another range', async () => {
  for (const more of [
    { startDate: '2026-02-30' },
    { startDate: '2027-03-01' },
    { startDate: '2026-9-1' },
    { startDate: '2026-13', endDate: '2027-01' },
    { startDate: '2026-09' },
    { endDate: undefined },
    { portfolioId: 'a/b' },
    { portfolioId: '..' },
    { targetCsp: 'CSP_Z' },
  ])
    expect((await post(question(more))).status, JSON.stringify(more)).toBe(400);
  const body = question();
  expect((await post(body)).status).toBe(202);
  const again = await post(body);
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([202, 'true']);
  expect((await post({ ...body, endDate: '2027-03-01' })).status).toBe(422);
});
