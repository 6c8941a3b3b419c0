import { afterAll, beforeAll, expect, test } from 'vitest';
import { until } from '@countersign/testkit';
import { openDoor, transaction, type Stage } from './stage.ts';

let door: Stage;
let key: string;

beforeAll(async () => {
  door = await openDoor();
  key = (await door.client()).key;
});
afterAll(async () => await door.close());

const post = async (json: unknown, headers: Record<string, string> = {}) =>
  await door.call('/v1/transactions', { key, json, headers });
const postText = async (text: string | Uint8Array, contentType = 'application/json') =>
  await door.call('/v1/transactions', { key, text, headers: { 'content-type': contentType } });

test('202: the resource, its Location, and readable at once', async () => {
  const body = transaction({ metadata: { b: '1', a: '2' }, description: 'Ünïcode ✓' });
  const accepted = await post(body);
  expect(accepted.status).toBe(202);
  expect(accepted.headers.location).toBe(`/v1/transactions/${body.id}`);
  expect(accepted.headers['content-type']).toBe('application/json; charset=utf-8');
  expect(accepted.json).toMatchObject({
    id: body.id,
    kind: 'transaction',
    status: 'PENDING',
    version: 1,
    settledAt: null,
    error: null,
    registrations: [],
    request: body,
  });
  expect(accepted.json.submissionId).toMatch(/^[0-9a-f]{8}-[0-9a-f]{4}-7/);
  expect(accepted.json.links).toEqual({
    self: `/v1/transactions/${body.id}`,
    timeline: `/v1/transactions/${body.id}/timeline`,
  });
  const read = await door.call(accepted.headers.location ?? '', { key });
  expect(read.status).toBe(200);
  expect(read.text).toBe(accepted.text);
});

test('202: the request comes back with its digits, key order and spelling', async () => {
  const { id } = transaction();
  const sent = `{ "currency":"EUR",\n "amount": 12.500, "id":"${id}", "description":"\\u00e9" }`;
  const accepted = await postText(sent);
  expect(accepted.status).toBe(202);
  expect(accepted.text).toContain(`"request":${sent}`);
  expect((await door.call(`/v1/transactions/${id}`, { key })).text).toContain(`"request":${sent}`);
});

test('202: the same body in another order is a replay, told by a header', async () => {
  const { id } = transaction();
  const first = await postText(`{"id":"${id}","amount":"1","currency":"EUR"}`);
  const again = await postText(` { "currency" : "EUR" , "id" : "${id}" , "amount" : "1" } `);
  expect(first.headers['idempotency-replayed']).toBeUndefined();
  expect(again.status).toBe(202);
  expect(again.headers['idempotency-replayed']).toBe('true');
  expect(again.headers.location).toBe(first.headers.location);
  expect(again.text).toBe(first.text);
});

test('422: the same id with another body, and "12.50" is another body than 12.5', async () => {
  const body = transaction();
  expect((await post(body)).status).toBe(202);
  const other = await post({ ...body, amount: 12.5 });
  expect(other.status).toBe(422);
  expect(other.headers['content-type']).toContain('application/problem+json');
  expect(other.json).toMatchObject({ type: 'urn:countersign:problem:idempotency-key-reuse', status: 422 });
});

test('202: twenty parallel duplicates make one', async () => {
  const body = transaction();
  const answers = await Promise.all(Array.from({ length: 20 }, async () => await post(body)));
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(202));
  expect(answers.filter((answer) => answer.headers['idempotency-replayed'] === undefined)).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.json.submissionId)).size).toBe(1);
});

test('202: twenty parallel reuses of one id let one body win and refuse the others', async () => {
  const body = transaction();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async (_, n) => await post({ ...body, amount: String(n + 1) })),
  );
  expect(answers.filter((answer) => answer.status === 202)).toHaveLength(1);
  expect(answers.filter((answer) => answer.status === 422)).toHaveLength(19);
});

test('202: two clients may use the same id', async () => {
  const body = transaction();
  const other = await door.client();
  expect((await post(body)).status).toBe(202);
  const theirs = await door.call('/v1/transactions', { key: other.key, json: body });
  expect(theirs.status).toBe(202);
  expect(theirs.headers['idempotency-replayed']).toBeUndefined();
});

test('202: the flow is in Redis when the answer is out', async () => {
  const before = (await door.producer.backlog()).record.waiting;
  expect((await post(transaction())).status).toBe(202);
  await until(async () => (await door.producer.backlog()).record.waiting > before, { label: 'a record ticket' });
});

test("202: the caller's trace goes on", async () => {
  const body = transaction();
  const traceId = '4bf92f3577b34da6a3ce929d0e0e4736';
  await post(body, { traceparent: `00-${traceId}-00f067aa0ba902b7-01` });
  const found = await door.store.submissions.find({ kind: 'transaction', id: body.id });
  expect(found?.submission.traceparent).toMatch(new RegExp(`^00-${traceId}-[0-9a-f]{16}-01$`));
});

test('400: every fault of the body by its JSON pointer', async () => {
  const answer = await post({
    id: 'a b',
    amount: '-1',
    currency: 'eur',
    metadata: { a: 1 },
    extra: true,
    callbackUrl: 'ftp://x',
  });
  expect(answer.status).toBe(400);
  expect(answer.json.type).toBe('urn:countersign:problem:invalid-request');
  expect(answer.json.errors.map((fault: { pointer: string }) => fault.pointer).sort()).toEqual([
    '/amount',
    '/callbackUrl',
    '/currency',
    '/extra',
    '/id',
    '/metadata/a',
  ]);
  expect(answer.json.requestId).toBe(answer.headers['x-request-id']);
});

test.each([
  ['0', 400],
  ['"0"', 400],
  ['"0.00"', 400],
  ['-1', 400],
  ['"-1"', 400],
  ['-0', 400],
  ['"1,00"', 400],
  ['"1e3"', 400],
  ['" 1"', 400],
  ['null', 400],
  ['true', 400],
  ['1e400', 400],
  ['1E+309', 400],
  ['0.10000000000000001', 400],
  ['9007199254740993', 400],
  ['1e-7', 400],
  ['1e21', 400],
  ['999999999999999', 202],
  ['0.01', 202],
  ['12.50', 202],
  ['"9007199254740993.000000001"', 202],
  ['1e3', 202],
])('amount %s: %i', async (amount, status) => {
  const { id } = transaction();
  const answer = await postText(`{"id":"${id}","amount":${amount},"currency":"EUR"}`);
  expect(answer.status).toBe(status);
  if (status === 400) expect(answer.json.errors[0]?.pointer).toBe('/amount');
});

test.each(['[]', '"x"', '1', 'true', 'null'])('400: a body that is %s', async (text) => {
  expect((await postText(text)).status).toBe(400);
});

test.each([
  ['{"id":"x",}', 'position 10 (line 1, column 11)'],
  ['{"id":\n tru}', 'position 8 (line 2, column 2)'],
  ['{"id":"x"', 'it ends there'],
  ['', 'is empty'],
  ['[[[[', 'it ends there'],
  ['{"a":1}{"b":2}', 'expected the end of the document'],
  ['\uFEFF{}', 'byte order mark'],
])('400: malformed JSON %j says where', async (text, words) => {
  const answer = await postText(text);
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain(words);
});

test('400: 100,000 opening brackets and a body that is not UTF-8', async () => {
  expect((await postText('['.repeat(100_000))).status).toBe(400);
  expect((await postText(`{"metadata":{"a":${'['.repeat(50_000)}${']'.repeat(50_000)}}}`)).status).toBe(400);
  const answer = await postText(Buffer.concat([Buffer.from('{"id":"'), Buffer.from([0xff, 0xfe]), Buffer.from('"}')]));
  expect(answer.status).toBe(400);
  expect(answer.json.detail).toContain('UTF-8');
});

test('202: NUL and half characters inside strings neither break the store nor change', async () => {
  const { id } = transaction();
  const answer = await postText(
    `{"id":"${id}","amount":"1","currency":"EUR","description":"\\u0000 \\ud800","metadata":{"__proto__":"x"}}`,
  );
  expect(answer.status).toBe(202);
  expect((await door.call(`/v1/transactions/${id}`, { key })).text).toBe(answer.text);
});

test('400: a member that stands twice, and nothing is kept', async () => {
  const { id } = transaction();
  const answer = await postText(`{"id":"${id}","amount":"1","amount":"9","currency":"EUR"}`);
  expect(answer.status).toBe(400);
  expect(answer.json.errors[0]?.detail).toContain('"amount" twice in one object');
  expect((await door.call(`/v1/transactions/${id}`, { key })).status).toBe(404);
});

test('413: a body over 256 KiB, with a length and without', async () => {
  const body = transaction({ metadata: { big: 'x'.repeat(256 * 1024) } });
  const answer = await post(body);
  expect(answer.status).toBe(413);
  expect(answer.json.type).toMatch(/payload-too-large$/);
  const chunked = await door.call('/v1/transactions', { key, json: body, headers: { 'transfer-encoding': 'chunked' } });
  expect(chunked.status).toBe(413);
});

test('415: other media types, charsets and compressed bodies', async () => {
  expect((await postText('<a/>', 'application/xml')).status).toBe(415);
  expect((await postText('{}', 'application/json; charset=utf-16')).status).toBe(415);
  expect((await postText('id=1', 'application/x-www-form-urlencoded')).status).toBe(415);
  const compressed = await post(transaction(), { 'content-encoding': 'gzip' });
  expect(compressed.status).toBe(415);
  expect(compressed.headers['accept-encoding']).toBe('identity');
  expect((await postText(JSON.stringify(transaction()), 'application/json; charset=UTF-8')).status).toBe(202);
});

test('406: an Accept that excludes JSON is refused before anything is committed', async () => {
  const body = transaction();
  expect((await post(body, { accept: 'application/xml' })).status).toBe(406);
  expect((await post(body, { accept: 'application/json;q=0' })).status).toBe(406);
  expect((await door.call(`/v1/transactions/${body.id}`, { key })).status).toBe(404);
  expect((await post(body, { accept: 'text/html, application/*;q=0.5' })).status).toBe(202);
});

test('400: a callback URL to a private address, unless the deployment allows it', async () => {
  const strict = await openDoor({ settings: { allowPrivateCallbacks: false } });
  const client = await strict.client();
  for (const callbackUrl of [
    'http://example.com/x',
    'https://127.0.0.1/x',
    'https://169.254.169.254/latest',
    'https://[::ffff:10.0.0.1]/',
  ]) {
    const answer = await strict.call('/v1/transactions', { key: client.key, json: transaction({ callbackUrl }) });
    expect([callbackUrl, answer.status]).toEqual([callbackUrl, 400]);
    expect(answer.json.errors[0]?.pointer).toBe('/callbackUrl');
  }
  expect(
    (
      await strict.call('/v1/transactions', {
        key: client.key,
        json: transaction({ callbackUrl: 'https://example.com/x' }),
      })
    ).status,
  ).toBe(202);
  await strict.close();
});
