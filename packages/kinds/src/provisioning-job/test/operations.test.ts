import { randomUUID } from 'node:crypto';
import { ask, until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectsAt, FUNDING, job, PORTFOLIO_ID } from './clouds.ts';
import { openRequester, type Requester, type Result } from './requester.ts';

let requester: Requester;
beforeAll(async () => {
  requester = await openRequester();
});
afterAll(() => requester?.stop());

test('ADD_TASK_ORDER: one call for each funding source, each with an end of its own', async () => {
  const number = randomUUID();
  const sources = ['0001', '0002', '0003'].map((clin) => ({ ...FUNDING, taskOrderNumber: number, clin }));
  const {
    code,
    response,
    job: end,
  } = await requester.endOf({
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
    expect(await effectsAt(requester.house.simulator, 'csp-a', `task-order:${PORTFOLIO_ID}:${number}:${clin}`)).toBe(1);
});

test('ADD_TASK_ORDER: where one is refused the others are still brought to their end, and the result tells each', async () => {
  const number = randomUUID().slice(0, 8);
  const refused = { ...FUNDING, taskOrderNumber: `${number} sim:refused` };
  const slow = { ...FUNDING, taskOrderNumber: `${number} sim:async-complete` };
  const {
    code,
    response,
    job: end,
  } = await requester.endOf({
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
  const { code, response } = await requester.endOf({
    operationType: 'ADD_OPERATORS',
    portfolioId: PORTFOLIO_ID,
    payload: { operators: [{ email, dodId: '1234567890', needsReset: true }] },
  });
  expect(code).toBe(200);
  expect(JSON.stringify(response)).toContain(`{"email":"${email}","dodId":"1234567890","needsReset":true}`);
  expect(await effectsAt(requester.house.simulator, 'csp-a', `administrators:${PORTFOLIO_ID}:${email}`)).toBe(1);
});

test('400: a cloud nobody knows here, with those that are known; what else is wrong', async () => {
  const post = async (more: object) => await requester.post(job(randomUUID(), more));
  const unknown = await post({ targetCsp: 'CSP_X' });
  expect(unknown.status).toBe(400);
  expect(unknown.text).toContain('must be one of CSP_A, CSP_B, CSP_C, CSP_D, CSP_E, CSP_F');
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
  const reader = await requester.house.newClient('reader');
  const ids = Array.from({ length: 12 }, () => randomUUID());
  for (const id of ids)
    await ask('POST', `${requester.house.url}/v1/provisioning-jobs`, { key: reader.key, body: job(id) });
  const read = async (query = '') =>
    JSON.parse(
      (await ask('GET', `${requester.house.url}/v1/provisioning-jobs${query}`, { key: reader.key })).text,
    ) as Result[];
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
