import { amount, type KindContract, type WebhookContract } from '@countersign/kinds';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { z } from 'zod';
import { openDoor, transaction, type Stage } from './stage.ts';

const signed: WebhookContract = {
  provider: 'signer',
  summary: 'A third party that signs',
  proof: {
    type: 'signature',
    setting: 'WEBHOOK_SECRET',
    verify: (raw, header, secret) => header('X-Signature') === `${secret}${raw.length}`,
  },
  body: z.object({ id: z.string() }),
  parse: (body) =>
    body instanceof Object && 'id' in body && typeof body.id === 'string'
      ? { submissionId: body.id, leg: 'a', word: { type: 'pending' } }
      : 'has no id',
  answer: { status: 200, body: '{"ok":true}' },
};

const base = {
  acceptedStatus: 202,
  onReplay: 'same',
  onReuse: 422,
  providers: [],
  webhooks: [],
  callbacks: [],
} as const;
const jobBody = z.strictObject({ jobId: z.string(), note: z.string().optional() }).meta({ id: 'TestJob' });
/** Answers 201. */
const job: KindContract<z.infer<typeof jobBody>> = {
  ...base,
  kind: 'job',
  path: 'jobs',
  summary: 'A job',
  acceptedStatus: 201,
  webhooks: [signed],
  intake: {
    type: 'json',
    body: jobBody,
    key: { from: 'body', naturalId: (body) => body.jobId },
    amounts: [],
    callbackUrl: () => undefined,
  },
};
const transferBody = z.strictObject({ amount }).meta({ id: 'TestTransfer' });
/** Its key is a header that must be there; a used key is 409, whatever the body. */
const transfer: KindContract<z.infer<typeof transferBody>> = {
  ...base,
  kind: 'transfer',
  path: 'transfers',
  summary: 'A transfer',
  onReplay: 'conflict',
  onReuse: 409,
  intake: {
    type: 'json',
    body: transferBody,
    key: { from: 'header', pattern: /^[\w-]{10,255}$/, expected: '10 to 255 of A-Z a-z 0-9 _ -' },
    amounts: ['amount'],
    callbackUrl: () => undefined,
  },
};
/** A document, kept as it came. */
const paper: KindContract = {
  ...base,
  kind: 'paper',
  path: 'papers',
  summary: 'A paper',
  intake: {
    type: 'raw',
    contentTypes: ['application/xml', 'text/xml', 'application/json'],
    key: { from: 'header-or-digest', pattern: /^[\w-]{1,255}$/, expected: '1 to 255 of A-Z a-z 0-9 _ -' },
  },
};

let door: Stage;
let key: string;
beforeAll(async () => {
  door = await openDoor({
    contracts: [job, transfer, paper],
    settings: { webhookSettings: { signer: { secret: 's3cret' } } },
  });
  key = (await door.client()).key;
});
afterAll(async () => await door.close());

test('201: a kind that says so, for the first and its replays', async () => {
  const json = { jobId: transaction().id };
  expect((await door.call('/v1/jobs', { key, json })).status).toBe(201);
  const again = await door.call('/v1/jobs', { key, json });
  expect([again.status, again.headers['idempotency-replayed']]).toEqual([201, 'true']);
  expect((await door.call('/v1/jobs', { key, json: { ...json, note: 'x' } })).status).toBe(422);
});

test('409: a used key where the kind allows no replay, with the first one named', async () => {
  const headers = { 'idempotency-key': transaction().id };
  const first = await door.call('/v1/transfers', { key, headers, json: { amount: '1' } });
  expect(first.status).toBe(202);
  for (const [sent, value] of [
    [headers, '1'],
    [headers, '2'],
    [{ 'idempotency-key': `"${headers['idempotency-key']}"` }, '1'],
  ] as const) {
    const again = await door.call('/v1/transfers', { key, headers: sent, json: { amount: value } });
    expect(again.status).toBe(409);
    expect(again.headers.location).toBe(first.headers.location);
    expect(again.json).toMatchObject({
      type: 'urn:countersign:problem:duplicate-request',
      existing: { id: first.json.id, status: 'PENDING' },
    });
  }
});

test('409: the key is looked at before the body, so a used key with a bad body is still a duplicate', async () => {
  const headers = { 'idempotency-key': transaction().id, 'content-type': 'application/json' };
  const first = await door.call('/v1/transfers', { key, headers, json: { amount: '1' } });
  for (const text of ['{"amount":', '{"amount":"-1"}', '[]', '{"amount":"1","what":1}', '']) {
    const again = await door.call('/v1/transfers', { key, headers, text, method: 'POST' });
    expect([again.status, again.headers.location], text).toEqual([409, first.headers.location]);
    const shortKey = { ...headers, 'idempotency-key': 'short' };
    const badKey = await door.call('/v1/transfers', { key, headers: shortKey, text, method: 'POST' });
    expect([badKey.status, badKey.json.errors[0]?.pointer], text).toEqual([400, '/headers/idempotency-key']);
    const freshKey = { ...headers, 'idempotency-key': transaction().id };
    const badBody = await door.call('/v1/transfers', { key, headers: freshKey, text, method: 'POST' });
    expect([badBody.status, badBody.json.errors[0]?.pointer === '/headers/idempotency-key'], text).toEqual([
      400,
      false,
    ]);
  }
  const other = await door.client();
  const theirs = await door.call('/v1/transfers', { key: other.key, headers, text: '{', method: 'POST' });
  expect(theirs.status).toBe(400);
});

test('what is known by a key only is called by our id, wherever it is named', async () => {
  const headers = { 'idempotency-key': transaction().id };
  const first = await door.call('/v1/transfers', { key, headers, json: { amount: '1' } });
  const { id, submissionId, links } = first.json;
  expect([id, links.self, first.headers.location]).toEqual([
    submissionId,
    `/v1/transfers/${submissionId}`,
    `/v1/transfers/${submissionId}`,
  ]);
  expect((await door.call(links.self, { key })).json).toMatchObject({ id });
  expect((await door.call(links.timeline, { key })).status).toBe(200);
  expect((await door.call(`/v1/transfers/${headers['idempotency-key']}`, { key })).status).toBe(404);
  expect((await door.call(`/v1/transfers/%23${headers['idempotency-key']}`, { key })).status).toBe(404);
  const other = await door.client();
  expect((await door.call(links.self, { key: other.key })).status).toBe(404);
});

test('400: the key header is missing, too short, given twice', async () => {
  for (const headers of [{}, { 'idempotency-key': 'short' }, { 'idempotency-key': 'aaaaaaaaaaaa, bbbbbbbbbbbb' }]) {
    const answer = await door.call('/v1/transfers', { key, headers, json: { amount: '1' } });
    expect(answer.status).toBe(400);
    expect(answer.json.errors[0]?.pointer).toBe('/headers/idempotency-key');
  }
});

test('202: a document is kept byte for byte, its digest is its key, and its media types are its own', async () => {
  const text = `<?xml version="1.0"?>\n<a>${transaction().id} €</a>\n`;
  const send = async (type: string, body = text) =>
    await door.call('/v1/papers', { key, text: body, headers: { 'content-type': type } });
  const first = await send('application/xml');
  expect(first.status).toBe(202);
  expect(first.json.request).toBeNull();
  expect((await send('text/xml')).headers['idempotency-replayed']).toBe('true');
  expect((await send('application/json', '{broken')).status).toBe(202);
  expect((await send('application/xml', '')).status).toBe(400);
  expect((await send('text/plain')).status).toBe(415);
  const document = await door.call(`${first.json.links.self}/document`, { key });
  expect([document.text, document.headers['content-type']]).toEqual([text, 'application/xml']);
});

test('200: the document is the very bytes, in any encoding, with the type it was sent with; nobody else sees it', async () => {
  const windows1251 = Buffer.concat([
    Buffer.from('<?xml version="1.0" encoding="windows-1251"?><чек>', 'latin1'),
    Buffer.from(Array.from({ length: 256 }, (_, at) => at)),
  ]);
  const headers = { authorization: `Bearer ${key}`, 'content-type': 'text/xml; charset=windows-1251' };
  const sent = await fetch(`${door.url}/v1/papers`, { method: 'POST', headers, body: windows1251 });
  expect(sent.status).toBe(202);
  const url = `${door.url}${sent.headers.get('location') ?? ''}`;
  const read = await fetch(`${url}/document`, { headers: { authorization: `Bearer ${key}` } });
  expect(Buffer.from(await read.arrayBuffer()).equals(windows1251)).toBe(true);
  expect(read.headers.get('content-type')).toBe('text/xml; charset=windows-1251');
  expect(read.headers.get('content-disposition')).toBe('attachment');
  const again = await fetch(`${url}/document`, {
    headers: { authorization: `Bearer ${key}`, 'if-none-match': read.headers.get('etag') ?? '' },
  });
  expect(again.status).toBe(304);
  const other = await door.client();
  expect((await fetch(`${url}/document`, { headers: { authorization: `Bearer ${other.key}` } })).status).toBe(404);
  const status = await fetch(`${url}/status`, { headers: { authorization: `Bearer ${key}` } });
  const { id } = (await sent.json()) as { id: string };
  expect(await status.json()).toEqual({ id, status: 'PENDING' });
});

test('JSON documents are compared as JSON: other white space under the same key is the same, other content is not', async () => {
  const headers = { 'idempotency-key': transaction().id };
  const send = async (text: string) =>
    await door.call('/v1/papers', { key, text, headers: { ...headers, 'content-type': 'application/json' } });
  const first = await send('{"a":1,"b":[2]}');
  const again = await send('{ "b": [2], "a": 1 }');
  expect([first.status, again.status, again.headers['idempotency-replayed']]).toEqual([202, 202, 'true']);
  expect(again.json.submissionId).toBe(first.json.submissionId);
  expect((await send('{"a":1,"b":[3]}')).status).toBe(422);
});

test('200 and 401: a third party that signs is believed by its signature over the raw bytes only', async () => {
  const { json } = await door.call('/v1/jobs', { key, json: { jobId: transaction().id } });
  const text = JSON.stringify({ id: json.submissionId });
  const say = async (signature: string, body = text) =>
    await door.call('/webhooks/signer', { text: body, headers: { 'x-signature': signature } });
  const good = await say(`s3cret${text.length}`);
  expect([good.status, good.text]).toEqual([200, '{"ok":true}']);
  expect((await say('wrong')).status).toBe(401);
  expect((await say(`s3cret${text.length}`, `${text} `)).status).toBe(401);
  expect((await say('s3cret2', '{}')).status).toBe(400);
});
