import { randomUUID } from 'node:crypto';
import type { Change } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { ADMIN_KEY, openDoor, type Result, type Stage } from './stage.ts';

const body = z.strictObject({ jobId: z.string(), where: z.string() }).meta({ id: 'FedJobRequest' });
const fed: KindContract<z.infer<typeof body>> = {
  kind: 'fed-job',
  path: 'fed-jobs',
  summary: 'A job whose results are fetched',
  acceptedStatus: 201,
  onReplay: 'same',
  onReuse: 422,
  providers: [],
  webhooks: [],
  callbacks: [],
  intake: {
    type: 'json',
    body,
    key: { from: 'body', naturalId: ({ jobId }) => jobId },
    amounts: [],
    callbackUrl: () => undefined,
    judge: ({ where }, { providers }) =>
      providers.includes(where) ? [] : [{ pointer: '/where', detail: `must be one of ${providers.join(', ')}` }],
  },
  feed: {
    response: z.object({ n: z.int() }),
    resolved: ({ status, reason }) => ({ code: status === 'COMPLETED' ? 200 : 500, response: { details: reason } }),
  },
};

let door: Stage;
beforeAll(async () => {
  door = await openDoor({ contracts: [fed], settings: { providers: ['CSP_A', 'CSP_B'] } });
});
afterAll(async () => await door.close());

async function walk(submissionId: string, changes: readonly Change[]) {
  let submission = await door.store.cellar.load(submissionId);
  for (const change of changes) submission = submission && (await door.store.cellar.commit(submission, change));
  expect(submission).toBeDefined();
}
/** As the worker ends it. */
const end = (n: number): readonly Change[] => [
  { status: 'PROCESSING' },
  { status: 'COMPLETED', results: [{ code: 200, response: { n } }] },
];
async function finished(key: string, from: number, to: number) {
  for (let n = from; n <= to; n += 1) {
    const { json } = await door.call('/v1/fed-jobs', { key, json: { jobId: `j${n}-${randomUUID()}`, where: 'CSP_A' } });
    await walk(json.submissionId, end(n));
  }
}
const numbers = (results: readonly Result[]) => results.map(({ content }) => content.response.n);
const upTo = (from: number, to: number) => Array.from({ length: to - from + 1 }, (_, at) => from + at);

test('400: a third party this deployment does not have, with those it has', async () => {
  const { key } = await door.client();
  const answer = await door.call('/v1/fed-jobs', { key, json: { jobId: 'j', where: 'CSP_X' } });
  expect(answer.status).toBe(400);
  expect(answer.json.errors).toEqual([{ pointer: '/where', detail: 'must be one of CSP_A, CSP_B' }]);
});

test('200: without a query an array of at most 10, oldest first, each given out once', async () => {
  const { key } = await door.client();
  await finished(key, 1, 12);
  const first = await door.call('/v1/fed-jobs', { key });
  expect(first.status).toBe(200);
  expect(first.headers['cache-control']).toBe('no-store');
  expect(numbers(first.results)).toEqual(upTo(1, 10));
  expect(Object.keys(first.results[0] ?? {})).toEqual(['cursor', 'code', 'content']);
  expect(first.results[0]).toMatchObject({ code: 200, content: { request: { where: 'CSP_A' }, response: { n: 1 } } });
  expect(numbers((await door.call('/v1/fed-jobs?', { key })).results)).toEqual([11, 12]);
  expect((await door.call('/v1/fed-jobs', { key })).json).toEqual([]);
});

test('200: a reader that died with its answer reads it again by the last cursor it kept, as often as it likes', async () => {
  const { key } = await door.client();
  await finished(key, 1, 14);
  const kept = (await door.call('/v1/fed-jobs', { key })).results.at(-1)?.cursor;
  await door.call('/v1/fed-jobs', { key });
  for (const _ of [1, 2])
    expect(numbers((await door.call(`/v1/fed-jobs?after=${kept}`, { key })).results)).toEqual(upTo(11, 14));
  expect(numbers((await door.call('/v1/fed-jobs?after=0', { key })).results)).toEqual(upTo(1, 10));
});

test('200: `after` takes nothing: what it showed is still given out', async () => {
  const { key } = await door.client();
  await finished(key, 1, 2);
  expect(numbers((await door.call('/v1/fed-jobs?after=0', { key })).results)).toEqual([1, 2]);
  expect(numbers((await door.call('/v1/fed-jobs', { key })).results)).toEqual([1, 2]);
});

test('200: readers at once share the results among them', async () => {
  const { key } = await door.client();
  await finished(key, 1, 30);
  const answers = await Promise.all(upTo(1, 6).map(() => door.call('/v1/fed-jobs', { key })));
  const rest = [await door.call('/v1/fed-jobs', { key }), await door.call('/v1/fed-jobs', { key })];
  const all = [...answers, ...rest].flatMap(({ results }) => numbers(results));
  expect(all.toSorted((a, b) => a - b)).toEqual(upTo(1, 30));
});

test("200: with a list's query it is the list, and takes nothing", async () => {
  const { key } = await door.client();
  await finished(key, 1, 1);
  for (const query of ['limit=5', 'status=COMPLETED', 'from=2020-01-01T00:00:00Z'])
    expect((await door.call(`/v1/fed-jobs?${query}`, { key })).json).toMatchObject({
      data: [{ status: 'COMPLETED' }],
      nextCursor: null,
    });
  expect((await door.call('/v1/fed-jobs', { key })).json).toHaveLength(1);
});

test('400: a cursor that is none, `after` with the list, a query nobody knows; 405: HEAD, which would take unseen', async () => {
  const { key } = await door.client();
  await finished(key, 1, 1);
  for (const query of ['after=', 'after=x', 'after=1&after=2', 'after=1&limit=5', 'other=1'])
    expect((await door.call(`/v1/fed-jobs?${query}`, { key })).status, query).toBe(400);
  expect((await door.call('/v1/fed-jobs', { key, method: 'HEAD' })).status).toBe(405);
  expect((await door.call('/v1/fed-jobs', { key })).json).toHaveLength(1);
});

test("401, 403, and nobody else's results", async () => {
  const { key } = await door.client();
  await finished(key, 1, 1);
  expect((await door.call('/v1/fed-jobs')).status).toBe(401);
  expect((await door.call('/v1/fed-jobs', { key: (await door.client(['write'])).key })).status).toBe(403);
  const other = (await door.client()).key;
  expect((await door.call('/v1/fed-jobs', { key: other })).json).toEqual([]);
  expect((await door.call('/v1/fed-jobs?after=0', { key: other })).json).toEqual([]);
});

test('200: what an operator settles is a result too', async () => {
  const { key } = await door.client();
  const { json } = await door.call('/v1/fed-jobs', { key, json: { jobId: randomUUID(), where: 'CSP_B' } });
  await walk(json.submissionId, [{ status: 'PROCESSING' }, { status: 'UNRESOLVED', agendaInMs: null }]);
  const resolve = { status: 'FAILED', reason: 'they deny it' };
  await door.call(`/v1/fed-jobs/${json.submissionId}/resolve`, { key: ADMIN_KEY, json: resolve });
  const [result] = (await door.call('/v1/fed-jobs', { key })).results;
  expect(result).toMatchObject({ code: 500, content: { response: { details: 'they deny it' } } });
});

test('the documents tell both faces of the route', async () => {
  const docs = await door.call('/openapi.json');
  expect(docs.status, docs.text.slice(0, 400)).toBe(200);
  const { paths } = docs.json;
  const { parameters, responses } = paths['/v1/fed-jobs']?.get ?? {};
  expect(parameters?.map(({ name }) => name)).toContain('after');
  expect(responses?.['200']?.content['application/json']?.schema.anyOf).toHaveLength(2);
});
