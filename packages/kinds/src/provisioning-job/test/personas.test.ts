import { randomUUID } from 'node:crypto';
import { migrate } from '@countersign/store';
import { ask, startHouse, until, type House, type TestClient } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { CLOUDS_ENV, effectsAt, FUNDING, job, PORTFOLIO_ID } from './clouds.ts';

interface Result {
  readonly cursor: string;
  readonly code: number;
  readonly content: { readonly request: { readonly jobId: string }; readonly response: Record<string, never> };
}

/** A cloud nobody answers for. */
const GONE = { PROVIDER_CSP_GONE_URL: 'http://127.0.0.1:9', PROVIDER_CSP_GONE_RETRY_DELAY_MS: '300' };

let house: House;
let client: TestClient;
beforeAll(async () => {
  house = await startHouse({ migrate, env: { ...CLOUDS_ENV, ...GONE, PROVIDER_CSP_F_POLL_MAX_AGE_MS: '1500' } });
  client = await house.newClient('personas');
});
afterAll(() => house?.stop());

async function submit(body: object, path = 'provisioning-jobs') {
  const callbackUrl = `${house.simulator}/client/callbacks/fine`;
  const reply = await ask('POST', `${house.url}/v1/${path}`, { key: client.key, body: { ...body, callbackUrl } });
  expect(reply.status, reply.text).toBe(path === 'cost-jobs' ? 202 : 201);
  return reply.json;
}

/** All results of this client, read as one who takes nothing. */
async function resultOf(jobId: string, path = 'provisioning-jobs', after = '0'): Promise<Result | undefined> {
  const { text } = await ask('GET', `${house.url}/v1/${path}?after=${after}`, { key: client.key });
  const items = JSON.parse(text) as Result[];
  const mine = items.find(({ content: { request } }) => Object.values(request).includes(jobId));
  const last = items.at(-1);
  return mine ?? (last && (await resultOf(jobId, path, last.cursor)));
}

/** The end of a job: its result, its resource, the callback it was told by, and what the cloud saw. */
async function endOf(more: object, name = '') {
  const id = randomUUID();
  const title = `${id} ${name}`.trim();
  const made = await submit(job(id, { payload: { name: title, fundingSources: [FUNDING] }, ...more }));
  const result = await until(() => resultOf(id), { timeoutMs: 20_000, label: `the result of ${title}` });
  const { json } = await house.get(`/v1/provisioning-jobs/${id}`, client.key);
  const word = `provisioning-job.${json.status.toLowerCase()}`;
  await until(async () => {
    const books = await ask('GET', `${house.simulator}/_sim/client/callbacks?submission=${made.submissionId}`);
    return books.json.data.some(({ type }) => type === word);
  });
  return { id, title, code: result?.code, response: result?.content.response ?? {}, job: json };
}

/** What a cloud wrote down of one thing it was told. */
async function seen(party: string, title: string) {
  const { text } = await ask('GET', `${house.simulator}/_sim/${party}/effects/${encodeURIComponent(title)}`);
  const page = JSON.parse(text) as {
    effects: number;
    requests: { call: string; notes: { deadline?: string } }[];
  };
  return { ...page, posts: page.requests.filter((r) => r.call.startsWith('POST')) };
}

test('A: 200 at once is the result, in our words and raw, with the call that was made', async () => {
  const { code, response, job: end, title } = await endOf({});
  expect(code).toBe(200);
  expect(end.status).toBe('COMPLETED');
  expect(response).toMatchObject({
    portfolio: { name: title, fundingSources: [{ ...FUNDING, taskOrderId: expect.any(String) }], operators: [] },
    $metadata: { status: 200, request: { method: 'POST', path: 'portfolios', body: { name: title } } },
    raw: { dashboard_link: expect.any(String), task_orders: [{ clins: [{ clin_number: '0001' }] }] },
  });
  expect(end).toMatchObject({ portfolio: { portfolio: { name: title } }, error: null });
});

test('the deadline: two hours unless told, 72 when it is secret; each try says by when', async () => {
  const secret = {
    name: `${randomUUID()} s`,
    fundingSources: [{ ...FUNDING, type: 'CLOUD', classificationLevel: 'SECRET' }],
  };
  const [open, closed] = await Promise.all([endOf({}), endOf({ payload: secret })]);
  // The clouds of this house have ten seconds instead of two hours.
  for (const [title, factor] of [
    [open.title, 1],
    [secret.name, 36],
  ] as const) {
    const { posts } = await seen('csp-a', title);
    const leftMs = Date.parse(posts[0]?.notes.deadline ?? '') - Date.now();
    expect(leftMs).toBeGreaterThan(factor * 10_000 - 8_000);
    expect(leftMs).toBeLessThanOrEqual(factor * 10_000 + 1_000);
  }
  expect(closed.code).toBe(200);
});

test('B and C: 202 is watched until it is done, or has failed', async () => {
  const [b, c] = await Promise.all([endOf({ targetCsp: 'CSP_B' }), endOf({ targetCsp: 'CSP_C' })]);
  expect([b.code, b.job.status]).toEqual([200, 'COMPLETED']);
  expect(b.response).toMatchObject({
    status: { status: 'COMPLETE', provisioningJobId: expect.any(String), portfolioId: expect.any(String) },
    location: expect.stringContaining('/csp-b/provisioning/'),
  });
  expect([c.code, c.job.status, c.job.error?.code]).toEqual([500, 'FAILED', 'PROVISIONING_FAILED']);
  expect(c.response).toMatchObject({ status: { status: 'FAILED' }, details: 'CSP_C says FAILED' });
});

test('D: a 500 is tried twice more and then told (in the original neither ever happened)', async () => {
  const { code, job: end, response, title } = await endOf({ targetCsp: 'CSP_D' });
  expect([code, end.status]).toEqual([500, 'FAILED']);
  expect(response).toMatchObject({ details: 'CSP_D failed 3 times: answered 500', $metadata: { status: 500 } });
  expect((await seen('csp-d', title)).posts).toHaveLength(3);
});

test('E: a 404 is told at once and not tried again', async () => {
  const { code, job: end, title } = await endOf({ targetCsp: 'CSP_E' });
  expect([code, end.status, end.error?.code]).toEqual([404, 'FAILED', 'CSP_REFUSED']);
  expect((await seen('csp-e', title)).posts).toHaveLength(1);
});

test('a cloud nobody answers for: tried three times, then told', async () => {
  const { code, job: end, response } = await endOf({ targetCsp: 'CSP_GONE' });
  expect([code, end.status, end.registrations[0]?.attempts]).toEqual([502, 'FAILED', 3]);
  expect(response).toMatchObject({ details: expect.stringMatching(/^CSP_GONE failed 3 times: refused/) });
});

test('F: one that never ends delays nobody, and is told when its deadline has passed', async () => {
  const first = endOf({ targetCsp: 'CSP_F' });
  const others = await Promise.all(Array.from({ length: 5 }, () => endOf({ targetCsp: 'CSP_B' })));
  expect(others.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200]);
  const { code, job: end, response } = await first;
  expect([code, end.status, end.error?.code]).toEqual([504, 'UNRESOLVED', 'NO_END_IN_SIGHT']);
  expect(response).toMatchObject({ details: 'CSP_F gave no final status within 2 s' });
});

test.each([
  ['async-success', 200, 'COMPLETED'],
  ['async-failure', 500, 'FAILED'],
  ['relative-location', 200, 'COMPLETED'],
  ['status-500', 200, 'COMPLETED'],
  ['unknown-status', 200, 'COMPLETED'],
  ['burst-500', 200, 'COMPLETED'],
  ['burst-503', 200, 'COMPLETED'],
  ['busy-429', 200, 'COMPLETED'],
  ['silent-lost', 200, 'COMPLETED'],
  ['silent-kept', 200, 'COMPLETED'],
  ['reset-before', 200, 'COMPLETED'],
  ['reset-after', 200, 'COMPLETED'],
  ['504-lost', 200, 'COMPLETED'],
  ['not-json', 200, 'COMPLETED'],
  ['unknown-fields', 200, 'COMPLETED'],
  ['not-ready', 405, 'FAILED'],
  ['503-always', 503, 'FAILED'],
  ['refused', 400, 'FAILED'],
  ['no-location', 500, 'UNRESOLVED'],
  ['foreign-location', 500, 'UNRESOLVED'],
  ['status-404', 404, 'UNRESOLVED'],
  ['never-answers', 504, 'UNRESOLVED'],
] as const)('%s: a result %i, and the job is %s; nothing is done twice', async (fate, code, status) => {
  const end = await endOf({}, `sim:${fate}`);
  expect([end.code, end.job.status]).toEqual([code, status]);
  if (code !== 200) expect(end.response).toMatchObject({ details: expect.any(String) });
  expect(await effectsAt(house.simulator, 'csp-a', end.title)).toBeLessThanOrEqual(1);
});

test('a 202 without a place to look, replayed by an operator: searched for and found, a second result', async () => {
  const { id, title, job: end } = await endOf({}, 'sim:no-location');
  expect(end.status).toBe('UNRESOLVED');
  const path = `${house.url}/v1/provisioning-jobs/${end.submissionId}/replay`;
  expect((await ask('POST', path, { key: house.adminKey })).status).toBe(202);
  await until(async () => (await house.get(`/v1/provisioning-jobs/${id}`, client.key)).json.status === 'COMPLETED');
  const first = await resultOf(id);
  const second = await resultOf(id, 'provisioning-jobs', first?.cursor);
  expect([first?.code, second?.code]).toEqual([500, 200]);
  expect(second?.content.response).toMatchObject({ portfolio: { name: title } });
  expect(await effectsAt(house.simulator, 'csp-a', title)).toBe(1);
});

test('fields nobody knows are not lost: they are in the raw answer', async () => {
  const { response } = await endOf({}, 'sim:unknown-fields');
  expect(response).toMatchObject({ raw: { cloud_mood: 'fine', csp_internal: { shard_no: 7 } } });
});

test('ADD_TASK_ORDER: one call for each funding source, each with an end of its own', async () => {
  const number = randomUUID();
  const sources = ['0001', '0002', '0003'].map((clin) => ({ ...FUNDING, taskOrderNumber: number, clin }));
  const {
    code,
    response,
    job: end,
  } = await endOf({
    operationType: 'ADD_TASK_ORDER',
    portfolioId: PORTFOLIO_ID,
    payload: { fundingSources: sources },
  });
  expect([code, end.status]).toEqual([200, 'COMPLETED']);
  expect(end.registrations).toHaveLength(3);
  expect(response).toMatchObject({
    taskOrders: sources.map((source) => ({ clin: source.clin, standing: 'DONE', fundingSources: [source] })),
  });
  for (const { clin } of sources)
    expect(await effectsAt(house.simulator, 'csp-a', `task-order:${PORTFOLIO_ID}:${number}:${clin}`)).toBe(1);
});

test('ADD_TASK_ORDER: where one is refused the others are still brought to their end, and the result tells each', async () => {
  const number = randomUUID().slice(0, 8);
  const refused = { ...FUNDING, taskOrderNumber: `${number} sim:refused` };
  const slow = { ...FUNDING, taskOrderNumber: `${number} sim:async-complete` };
  const {
    code,
    response,
    job: end,
  } = await endOf({
    operationType: 'ADD_TASK_ORDER',
    portfolioId: PORTFOLIO_ID,
    payload: { fundingSources: [slow, refused] },
  });
  expect([code, end.status]).toEqual([400, 'FAILED']);
  expect(response).toMatchObject({
    taskOrders: [{ standing: 'DONE' }, { standing: 'REFUSED', details: 'CSP_A answered 400' }],
  });
});

test('ADD_OPERATORS: administrators at the cloud', async () => {
  const email = `${randomUUID()}@example.com`;
  const { code, response } = await endOf({
    operationType: 'ADD_OPERATORS',
    portfolioId: PORTFOLIO_ID,
    payload: { operators: [{ email, dodId: '1234567890', needsReset: true }] },
  });
  expect(code).toBe(200);
  expect(JSON.stringify(response)).toContain(`{"email":"${email}","dodId":"1234567890","needsReset":true}`);
  expect(await effectsAt(house.simulator, 'csp-a', `administrators:${PORTFOLIO_ID}:${email}`)).toBe(1);
});

test('400: a cloud nobody knows here, with those that are known; what else is wrong', async () => {
  const post = async (more: object) =>
    await ask('POST', `${house.url}/v1/provisioning-jobs`, { key: client.key, body: job(randomUUID(), more) });
  const unknown = await post({ targetCsp: 'CSP_X' });
  expect(unknown.status).toBe(400);
  expect(unknown.text).toContain('must be one of CSP_A, CSP_B, CSP_C, CSP_D, CSP_E, CSP_F, CSP_GONE');
  expect((await post({ targetCsp: 'csp_a' })).status).toBe(201);
  for (const more of [
    { operationType: 'ADD_TASK_ORDER', payload: { fundingSources: [FUNDING] } },
    { operationType: 'ADD_OPERATORS', payload: { operators: [{ email: 'ann@example.com', dodId: '1' }] } },
    { operationType: 'REMOVE' },
    { payload: { name: 'x', fundingSources: [{ ...FUNDING, clin: '0000' }] } },
    { payload: { name: 'x', fundingSources: [{ ...FUNDING, popStartDate: '2026-02-30' }] } },
    { payload: { name: 'x', fundingSources: [{ ...FUNDING, popEndDate: '2020-01-01' }] } },
    { payload: { name: 'x', unknown: 1 } },
    { operationType: 'ADD_TASK_ORDER', portfolioId: '../x', payload: { fundingSources: [FUNDING] } },
  ]) {
    const reply = await post(more);
    expect(reply.status, JSON.stringify(more)).toBe(400);
  }
});

test('the feed: plain reading takes each result once, oldest first, ten at a time; a lost answer is read again', async () => {
  const reader = await house.newClient('reader');
  const ids = Array.from({ length: 12 }, () => randomUUID());
  for (const id of ids) await ask('POST', `${house.url}/v1/provisioning-jobs`, { key: reader.key, body: job(id) });
  const read = async (query = '') =>
    JSON.parse((await ask('GET', `${house.url}/v1/provisioning-jobs${query}`, { key: reader.key })).text) as Result[];
  await until(async () => {
    const first = await read('?after=0');
    return first.length === 10 && (await read(`?after=${first[9]?.cursor}`)).length === 2;
  });
  const taken = await read();
  expect(taken).toHaveLength(10);
  // The reader dies here, having kept nothing but where it stood before.
  expect(await read('?after=0')).toEqual(taken);
  const rest = await read();
  expect(new Set([...taken, ...rest].map(({ content }) => content.request.jobId))).toEqual(new Set(ids));
  expect(await read()).toEqual([]);
});
