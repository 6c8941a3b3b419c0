import { randomUUID } from 'node:crypto';
import { ask, until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { effectsAt, FUNDING } from './clouds.ts';
import { openRequester, type Requester } from './requester.ts';

/** A cloud nobody answers for, one that does not know us, and A again for those who wait for an answer in vain. */
const CLOUDS = {
  PROVIDER_CSP_HASTY_URL: '{simulator}/csp-a',
  PROVIDER_CSP_HASTY_API_KEY: 'csp-a-api-key',
  PROVIDER_CSP_HASTY_TIMEOUT_MS: '1000',
  PROVIDER_CSP_HASTY_RETRY_DELAY_MS: '500',
  PROVIDER_CSP_HASTY_POLL_MAX_DELAY_MS: '500',
  PROVIDER_CSP_HASTY_POLL_MAX_AGE_MS: '10000',
  PROVIDER_CSP_GONE_URL: 'http://127.0.0.1:9',
  PROVIDER_CSP_GONE_RETRY_DELAY_MS: '300',
  PROVIDER_CSP_LOCKED_URL: '{simulator}/csp-a',
  PROVIDER_CSP_LOCKED_API_KEY: 'of another cloud',
  PROVIDER_CSP_F_POLL_MAX_AGE_MS: '1500',
};

let requester: Requester;
beforeAll(async () => {
  requester = await openRequester(CLOUDS);
});
afterAll(() => requester?.stop());

test('A: 200 at once is the result, in our words and raw, with the call that was made', async () => {
  const { code, response, job: end, title } = await requester.endOf({});
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
  const [open, closed] = await Promise.all([requester.endOf({}), requester.endOf({ payload: secret })]);
  // The clouds of this house have ten seconds instead of two hours.
  for (const [title, factor] of [
    [open.title, 1],
    [secret.name, 36],
  ] as const) {
    const { posts } = await requester.seen('csp-a', title);
    const [first] = posts;
    const leftMs = Date.parse(first?.notes.deadline ?? '') - Date.parse(first?.at ?? '');
    expect(leftMs).toBeGreaterThan(factor * 10_000 - 8_000);
    expect(leftMs).toBeLessThanOrEqual(factor * 10_000);
  }
  expect(closed.code).toBe(200);
});

test('B and C: 202 is watched until it is done, or has failed', async () => {
  const [b, c] = await Promise.all([requester.endOf({ targetCsp: 'CSP_B' }), requester.endOf({ targetCsp: 'CSP_C' })]);
  expect([b.code, b.job.status]).toEqual([200, 'COMPLETED']);
  expect(b.response).toMatchObject({
    status: { status: 'COMPLETE', provisioningJobId: expect.any(String), portfolioId: expect.any(String) },
    location: expect.stringContaining('/csp-b/provisioning/'),
  });
  expect([c.code, c.job.status, c.job.error?.code]).toEqual([500, 'FAILED', 'PROVISIONING_FAILED']);
  expect(c.response).toMatchObject({ status: { status: 'FAILED' }, details: 'CSP_C says FAILED' });
});

test('D: a 500 is tried twice more and then told (in the original neither ever happened)', async () => {
  const { code, job: end, response, title } = await requester.endOf({ targetCsp: 'CSP_D' });
  expect([code, end.status]).toEqual([500, 'FAILED']);
  expect(response).toMatchObject({ details: 'CSP_D failed 3 times: answered 500', $metadata: { status: 500 } });
  expect((await requester.seen('csp-d', title)).posts).toHaveLength(3);
});

test('E: a 404 is told at once and not tried again', async () => {
  const { code, job: end, title } = await requester.endOf({ targetCsp: 'CSP_E' });
  expect([code, end.status, end.error?.code]).toEqual([404, 'FAILED', 'CSP_REFUSED']);
  expect((await requester.seen('csp-e', title)).posts).toHaveLength(1);
});

test('a cloud that does not take our token: told at once and not tried again', async () => {
  const { code, job: end, title } = await requester.endOf({ targetCsp: 'CSP_LOCKED' });
  expect([code, end.status, end.error?.code]).toEqual([401, 'FAILED', 'CSP_REFUSED']);
  expect((await requester.seen('csp-a', title)).effects).toBe(0);
});

test('a cloud nobody answers for: tried three times, then told', async () => {
  const { code, job: end, response } = await requester.endOf({ targetCsp: 'CSP_GONE' });
  expect([code, end.status, end.registrations[0]?.attempts]).toEqual([502, 'FAILED', 3]);
  expect(response).toMatchObject({ details: expect.stringMatching(/^CSP_GONE failed 3 times: refused/) });
});

test('F: one that never ends delays nobody, and is told when its deadline has passed', async () => {
  const first = requester.endOf({ targetCsp: 'CSP_F' });
  const others = await Promise.all(Array.from({ length: 5 }, () => requester.endOf({ targetCsp: 'CSP_B' })));
  expect(others.map(({ code }) => code)).toEqual([200, 200, 200, 200, 200]);
  const { code, job: end, response } = await first;
  expect([code, end.status, end.error?.code]).toEqual([504, 'UNRESOLVED', 'NO_END_IN_SIGHT']);
  expect(response).toMatchObject({ details: 'CSP_F gave no final status within 2 s' });
});

test.concurrent.each([
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
  const isSilent = /silent|never/.test(fate);
  const end = await requester.endOf(isSilent ? { targetCsp: 'CSP_HASTY' } : {}, `sim:${fate}`);
  expect([end.code, end.job.status]).toEqual([code, status]);
  if (code !== 200) expect(end.response).toMatchObject({ details: expect.any(String) });
  expect(await effectsAt(requester.house.simulator, 'csp-a', end.title)).toBeLessThanOrEqual(1);
});

test('a 202 without a place to look, replayed by an operator: searched for and found, a second result', async () => {
  const { id, title, job: end } = await requester.endOf({}, 'sim:no-location');
  expect(end.status).toBe('UNRESOLVED');
  const path = `${requester.house.url}/v1/provisioning-jobs/${end.submissionId}/replay`;
  expect((await ask('POST', path, { key: requester.house.adminKey })).status).toBe(202);
  await until(
    async () =>
      (await requester.house.get(`/v1/provisioning-jobs/${id}`, requester.client.key)).json.status === 'COMPLETED',
  );
  const first = await requester.resultOf(id);
  const second = await requester.resultOf(id, first?.cursor);
  expect([first?.code, second?.code]).toEqual([500, 200]);
  expect(second?.content.response).toMatchObject({ portfolio: { name: title } });
  expect(await effectsAt(requester.house.simulator, 'csp-a', title)).toBe(1);
});

test('fields nobody knows are not lost: they are in the raw answer', async () => {
  const { response } = await requester.endOf({}, 'sim:unknown-fields');
  expect(response).toMatchObject({ raw: { cloud_mood: 'fine', csp_internal: { shard_no: 7 } } });
});
