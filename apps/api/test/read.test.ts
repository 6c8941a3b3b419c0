import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { preferredWaitMs } from '../src/routes/prefer.ts';
import { openDoor, transaction, type Stage } from './stage.ts';

let door: Stage;
let key: string;
beforeAll(async () => {
  door = await openDoor();
  key = (await door.client()).key;
});
afterAll(async () => await door.close());

const get = async (path: string, headers: Record<string, string> = {}, method = 'GET') =>
  await door.call(path, { key, headers, method });

async function submitted() {
  const body = transaction();
  const answer = await door.call('/v1/transactions', { key, json: body });
  return { path: `/v1/transactions/${body.id}`, submissionId: String(answer.json.submissionId), id: body.id };
}

/** Moves it as the worker would: PENDING → PROCESSING. */
async function begin(submissionId: string): Promise<void> {
  const submission = await door.store.cellar.load(submissionId);
  if (!submission) throw new Error('no such submission');
  const entries = [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }];
  await door.store.cellar.commit(submission, { status: 'PROCESSING', entries, agendaInMs: 60_000 });
}

test('304: the ETag still holds; 200 and another one after a change', async () => {
  const { path, submissionId } = await submitted();
  const first = await get(path);
  expect(first.headers.etag).toMatch(/^"/);
  for (const tag of [first.headers.etag ?? '', `W/${first.headers.etag}`, `"other", ${first.headers.etag}`, '*']) {
    const same = await get(path, { 'if-none-match': tag });
    expect([tag, same.status, same.text]).toEqual([tag, 304, '']);
    expect(same.headers.etag).toBe(first.headers.etag);
  }
  await begin(submissionId);
  const changed = await get(path, { 'if-none-match': first.headers.etag ?? '' });
  expect(changed.status).toBe(200);
  expect(changed.json).toMatchObject({ status: 'PROCESSING', version: 2 });
  expect(changed.headers.etag).not.toBe(first.headers.etag);
});

test('HEAD: the headers of GET without its body', async () => {
  const { path } = await submitted();
  const [whole, head] = [await get(path), await get(path, {}, 'HEAD')];
  expect(head.status).toBe(200);
  expect(head.text).toBe('');
  for (const name of ['etag', 'content-type', 'content-length', 'cache-control'])
    expect([name, head.headers[name]]).toEqual([name, whole.headers[name]]);
  expect((await get('/v1/transactions/none', {}, 'HEAD')).status).toBe(404);
});

test('Prefer: wait holds the answer until the status changes', async () => {
  const { path, submissionId } = await submitted();
  const held = get(path, { prefer: 'respond-async, wait=20' });
  const early = await Promise.race([
    held.then(() => 'answered'),
    until(async () => (await get(path)).status === 200).then(() => 'held'),
  ]);
  expect(early).toBe('held');
  await begin(submissionId);
  const answer = await held;
  expect(answer.json.status).toBe('PROCESSING');
  expect(answer.headers['preference-applied']).toBe('wait=20');
});

test('Prefer: wait ends with what there is when nothing changes', async () => {
  const { path } = await submitted();
  const started = performance.now();
  const answer = await get(path, { prefer: 'wait=1' });
  expect(performance.now() - started).toBeGreaterThan(900);
  expect(answer.json.status).toBe('PENDING');
  expect((await get(path, { prefer: 'wait=soon' })).headers['preference-applied']).toBeUndefined();
});

test.each([
  ['wait=999', 30_000],
  ['wait="5"', 5_000],
  ['return=minimal, Wait = 2; x', 2_000],
  ['wait=soon', undefined],
  ['await=3', undefined],
])('Prefer: %s', (header, waitMs) => {
  expect(preferredWaitMs(header)).toBe(waitMs);
});

test('the timeline begins with accepted, oldest first', async () => {
  const { path, submissionId } = await submitted();
  await begin(submissionId);
  const { json, status } = await get(`${path}/timeline`);
  expect(status).toBe(200);
  expect(json.data).toEqual([
    { at: expect.stringMatching(/^\d{4}-.*\.\d{3}Z$/), type: 'accepted' },
    { at: expect.any(String), type: 'status', from: 'PENDING', to: 'PROCESSING' },
  ]);
});

test('lists: newest first, page by page, each once, though others come in between', async () => {
  const lister = await door.client();
  const ids: string[] = [];
  const add = async () => {
    const body = transaction();
    await door.call('/v1/transactions', { key: lister.key, json: body });
    ids.unshift(body.id);
  };
  for (let n = 0; n < 7; n++) await add();
  const expected = [...ids];
  const seen: string[] = [];
  let next: string | null = '';
  while (next !== null) {
    const page = await door.call(`/v1/transactions?limit=3${next ? `&cursor=${next}` : ''}`, { key: lister.key });
    expect(page.status).toBe(200);
    seen.push(...page.json.data.map((item: { id: string }) => item.id));
    next = page.json.nextCursor;
    await add();
  }
  expect(seen).toEqual(expected);
});

test('lists: status, from and to; both ends belong to it', async () => {
  const lister = await door.client();
  const items = [];
  for (let n = 0; n < 3; n++)
    items.push((await door.call('/v1/transactions', { key: lister.key, json: transaction() })).json);
  const list = async (query: string): Promise<string[]> => {
    const { json } = await door.call(`/v1/transactions?${query}`, { key: lister.key });
    return json.data.map((item: { id: string }) => item.id);
  };
  const [oldest, middle, newest] = items;
  if (!oldest || !middle || !newest) throw new Error('three were made');
  await begin(middle.submissionId);
  expect(await list('status=PROCESSING')).toEqual([middle.id]);
  expect(await list('status=PENDING')).toEqual([newest.id, oldest.id]);
  const at = encodeURIComponent(middle.createdAt);
  expect(await list(`from=${at}&to=${at}`)).toContain(middle.id);
  expect(await list(`from=${at}`)).toContain(newest.id);
  expect(await list('from=2006-01-01T00:00:00Z&to=2026-01-01T00:00:00%2B02:00')).toEqual([]);
});

test.each([
  'limit=1001',
  'limit=0',
  'limit=-1',
  'limit=1.5',
  'limit=x',
  'status=DONE',
  'cursor=abc',
  'cursor=%00',
  'from=yesterday',
  'from=2026-02-30T00:00:00Z',
  'from=0000-01-01T00:00:00Z',
  'from=2026-01-02T00:00:00Z&to=2026-01-01T00:00:00Z',
  'page=2',
  'limit=5&limit=6',
])('400: a list with %s', async (query) => {
  const answer = await get(`/v1/transactions?${query}`);
  expect(answer.status).toBe(400);
  expect(answer.json.errors[0]?.pointer).toMatch(/^\/query/);
});

test.each([
  ['none', 'none'],
  ['SQL', '1;drop'],
  ['NUL', '%00'],
  ['an invisible character', '%E2%80%AE'],
  ['600 characters', 'x'.repeat(600)],
  ['5,000 characters', 'x'.repeat(5_000)],
  ['a way up', '..%2f..%2fetc'],
  ['a blank', 'a%20b'],
])('404: an id that is no id (%s)', async (_what, id) => {
  const answer = await get(`/v1/transactions/${id}`);
  expect(answer.status).toBe(404);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});

test('400: a path that is not UTF-8', async () => {
  const answer = await get('/v1/transactions/%F0%9F');
  expect(answer.status).toBe(400);
  expect(answer.headers['content-type']).toContain('application/problem+json');
});
