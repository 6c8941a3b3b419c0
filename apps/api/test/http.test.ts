import { connect } from 'node:net';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { ADMIN_KEY, openDoor, raw, transaction, type Stage } from './stage.ts';

let door: Stage;
let key: string;
beforeAll(async () => {
  door = await openDoor({ settings: { corsOrigins: ['https://app.example.com'] } });
  key = (await door.client()).key;
});
afterAll(async () => await door.close());

test('404 and 405 with Allow, as problems, before anybody is asked who they are', async () => {
  const none = await door.call('/v1/no-such');
  expect(none.status).toBe(404);
  expect(none.json).toMatchObject({
    type: 'urn:countersign:problem:not-found',
    title: expect.any(String),
    status: 404,
    detail: expect.any(String),
  });
  expect(none.json.instance).toContain(none.json.requestId);
  for (const method of ['PUT', 'DELETE', 'PATCH', 'TRACE', 'PROPFIND']) {
    const answer = await door.call('/v1/transactions', { method, headers: { cookie: 'secret=1' } });
    expect([method, answer.status, answer.headers.allow]).toEqual([method, 405, 'GET, HEAD, POST']);
    expect(answer.text).not.toContain('secret');
  }
  expect((await door.call('/v1/transactions/x/replay')).headers.allow).toBe('POST');
  expect((await door.call('/v1/transactions/x', { method: 'DELETE' })).headers.allow).toBe('GET, HEAD');
  expect(
    (await door.call('/v1/transactions', { text: '', headers: { 'x-http-method-override': 'DELETE' } })).status,
  ).toBe(401);
});

test('404, 413 and 415 say what would be right', async () => {
  const near = await door.call('/v1/transaction');
  expect(near.json.detail).toBe('Nothing is served at /v1/transaction; did you mean /v1/transactions?');
  expect((await door.call('/nothing')).json.detail).toBe('Nothing is served at /nothing; see /docs for what is');
  const post = async (path: string, type: string, text: string) =>
    await door.call(path, { key, method: 'POST', text, headers: type === '' ? {} : { 'content-type': type } });
  const plain = await post('/v1/transactions', 'text/plain', 'x');
  expect(plain.json.detail).toBe('Bodies of the content type "text/plain" are not taken; send application/json');
  expect(plain.headers.accept).toBe('application/json');
  expect((await post('/v1/receipts', 'text/plain', 'x')).json.detail).toContain('application/xml');
  const large = await post('/v1/transactions', 'application/json', `{"id":"${'x'.repeat(300_000)}"}`);
  expect(large.json.detail).toBe('The body is larger than the 262144 bytes this resource takes');
});

test('request ids: a sane one is echoed, another is replaced', async () => {
  expect((await door.call('/health/live', { headers: { 'x-request-id': 'abc-123' } })).headers['x-request-id']).toBe(
    'abc-123',
  );
  const made = await door.call('/v1/none', { headers: { 'x-request-id': 'a b<script>' } });
  expect(made.headers['x-request-id']).toMatch(/^[0-9a-f-]{36}$/);
  expect(made.json.requestId).toBe(made.headers['x-request-id']);
});

test('security headers stand on every answer; the docs page may load its own scripts only', async () => {
  // The last two are refused by the router, before any hook.
  const refused = ['/v1/transactions/%ff', `/v1/transactions/${'x'.repeat(600)}`];
  for (const path of ['/v1/none', '/health/live', '/v1/transactions', ...refused]) {
    const { headers } = await door.call(path);
    expect(headers['x-request-id']).toBeDefined();
    expect(headers['content-security-policy']).toBe("default-src 'none';frame-ancestors 'none'");
    expect(headers['x-content-type-options']).toBe('nosniff');
    expect(headers['strict-transport-security']).toContain('max-age=31536000');
    expect(headers['x-powered-by']).toBeUndefined();
    expect(headers['server']).toBeUndefined();
  }
  const docs = await door.call('/docs/');
  expect(docs.status).toBe(200);
  expect(docs.headers['content-security-policy']).toContain("script-src 'self'");
  expect(docs.text).not.toMatch(/<script(?![^>]*src=)[^>]*>[^<]/);
});

test('CORS: the listed origin only, preflight included', async () => {
  const allowed = await door.call('/health/live', { headers: { origin: 'https://app.example.com' } });
  expect(allowed.headers['access-control-allow-origin']).toBe('https://app.example.com');
  const other = await door.call('/health/live', { headers: { origin: 'https://evil.example' } });
  expect(other.headers['access-control-allow-origin']).toBeUndefined();
  const asks = {
    origin: 'https://app.example.com',
    'access-control-request-method': 'POST',
    'access-control-request-headers': 'authorization',
  };
  const preflight = await door.call('/v1/transactions', { method: 'OPTIONS', headers: asks });
  expect(preflight.status).toBe(204);
  expect(preflight.headers['access-control-allow-methods']).toContain('POST');
});

test('a new line in a query or header gets into no answer', async () => {
  const answer = await raw(
    door.url,
    'GET /v1/none?x=%0d%0aSet-Cookie:a=b HTTP/1.1\r\nHost: a\r\nx-request-id: a%0d%0aSet-Cookie: b\r\nConnection: close\r\n\r\n',
  );
  expect(answer).not.toMatch(/^set-cookie/im);
});

describe('bytes that are no HTTP request', () => {
  test.each([
    ['no Host', 'GET / HTTP/1.1\r\n\r\n', 400],
    ['an unknown method', 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n', 400],
    ['garbage', '\x16\x03\x01\x02\x00\x01\x00', 400],
    ['a blank before the colon', 'GET / HTTP/1.1\r\nHost : a\r\n\r\n', 400],
    [
      'two lengths',
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n',
      400,
    ],
    [
      'a chunk of 2^68 bytes',
      'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\nFFFFFFFFFFFFFFFFF\r\n',
      400,
    ],
    ['64 kB of header', `GET / HTTP/1.1\r\nHost: a\r\nX-Big: ${'x'.repeat(65_536)}\r\n\r\n`, 431],
  ])('%s', async (_what, bytes, status) => {
    const answer = await raw(door.url, bytes);
    expect(answer.startsWith(`HTTP/1.1 ${status} `)).toBe(true);
    expect(answer.match(/HTTP\/1\.1 \d+ /g)).toHaveLength(1);
  });

  test('they are problems too', async () => {
    const answer = await raw(door.url, 'FOO / HTTP/1.1\r\nHost: a\r\n\r\n');
    expect(answer).toContain('content-type: application/problem+json');
    expect(JSON.parse(answer.slice(answer.indexOf('\r\n\r\n') + 4))).toMatchObject({
      status: 400,
      type: 'urn:countersign:problem:invalid-request',
    });
  });
});

test('408: a body that comes a byte a second, while others are served', async () => {
  const { hostname, port } = new URL(door.url);
  let seen = '';
  const socket = connect({ host: hostname, port: Number(port) });
  const closed = new Promise((resolve) => socket.on('close', resolve));
  socket.setEncoding('utf8').on('data', (text: string) => (seen += text));
  // The server hangs up in the middle of a write.
  socket.on('error', () => undefined);
  const head = `POST /v1/transactions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: 1000\r\n\r\n`;
  socket.write(head);
  const drip = setInterval(() => socket.write('{'), 1_000);
  const startedMs = performance.now();
  expect((await door.call('/v1/transactions', { key, json: transaction() })).status).toBe(202);
  await closed;
  clearInterval(drip);
  expect(performance.now() - startedMs).toBeLessThan(15_000);
  expect(seen).toMatch(/^HTTP\/1\.1 408 /);
  expect(seen).toContain('request-timeout');
});

test('one connection, two requests: the second is judged alone', async () => {
  const body = JSON.stringify(transaction());
  const first = `POST /v1/transactions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer ${key}\r\nContent-Type: application/json\r\nContent-Length: ${body.length}\r\n\r\n${body}`;
  const answer = await raw(door.url, `${first}GET /v1/transactions HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n`);
  expect(answer.match(/HTTP\/1\.1 \d+/g)).toEqual(['HTTP/1.1 202', 'HTTP/1.1 401']);
});

test('HTTP/1.0 is answered and closed; Expect: 100-continue with a bad key is 401', async () => {
  expect(await raw(door.url, 'GET /health/live HTTP/1.0\r\n\r\n')).toMatch(/^HTTP\/1\.1 200[^]*connection: close/i);
  const expecting =
    'POST /v1/transactions HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer no\r\nExpect: 100-continue\r\nContent-Length: 10\r\nConnection: close\r\n\r\n0123456789';
  expect(await raw(door.url, expecting)).toContain('HTTP/1.1 401 ');
});

test('openapi.json is 3.1, lists every route, names no foreign host, and its references resolve', async () => {
  const { json, status } = await door.call('/openapi.json');
  expect(status).toBe(200);
  expect(json.openapi).toBe('3.1.0');
  for (const path of [
    '/v1/transactions',
    '/v1/transactions/{id}',
    '/v1/transactions/{id}/timeline',
    '/v1/transactions/{id}/replay',
    '/v1/transactions/{id}/resolve',
    '/v1/clients',
    '/v1/clients/{id}/keys/{keyId}',
    '/v1/dead-letters',
    '/v1/dead-letters/replay',
    '/webhooks/registry/{token}',
    '/health/live',
    '/health/ready',
    '/metrics',
  ]) {
    expect(Object.keys(json.paths)).toContain(path);
  }
  const text = JSON.stringify(json);
  for (const [, reference = ''] of text.matchAll(/"\$ref":"([^"]+)"/g)) {
    const target = reference
      .split('/')
      .slice(1)
      .reduce(
        (at: Record<string, unknown> | undefined, part) => at?.[part] as Record<string, unknown> | undefined,
        json,
      );
    expect([reference, target !== undefined]).toEqual([reference, true]);
  }
  const operation = json.paths['/v1/transactions']?.post;
  expect(Object.keys(operation?.responses ?? {}).sort()).toEqual([
    '202',
    '400',
    '401',
    '403',
    '413',
    '415',
    '422',
    '429',
    '503',
  ]);
  expect(operation?.requestBody.content['application/json']?.schema).toBeDefined();
  const receipts = json.paths['/v1/receipts']?.post;
  expect(Object.keys(receipts?.requestBody.content ?? {})).toEqual(['application/json', 'application/xml', 'text/xml']);
  const headersOf = (path: string) => json.paths[path]?.post?.parameters.map(({ name, required }) => [name, required]);
  expect(headersOf('/v1/receipts')).toEqual([
    ['idempotency-key', false],
    ['callback-url', false],
    ['receipt-type', false],
  ]);
  expect(headersOf('/v1/payments')).toEqual([['idempotency-key', true]]);
  expect(text).not.toContain('x-required');
  expect(text).toContain('"tx-123"');
  // Every operation has one id per tag and a summary a person can read.
  for (const item of Object.values<Record<string, { summary?: string }>>(json.paths)) {
    for (const each of Object.values(item)) expect(each.summary?.length).toBeGreaterThan(3);
  }
});

test('metrics count what was accepted and answered, and hold no identifier', async () => {
  const body = transaction();
  await door.call('/v1/transactions', { key, json: body });
  await until(async () =>
    /countersign_http_answers_total\{route="\/v1\/transactions",method="POST",status="202"\} [1-9]/.test(
      (await door.call('/metrics')).text,
    ),
  );
  const { text, headers } = await door.call('/metrics');
  expect(headers['content-type']).toContain('text/plain');
  expect(text).toMatch(/countersign_submissions_accepted_total\{kind="transaction"\} [1-9]/);
  expect(text).toContain('nodejs_eventloop_lag_seconds');
  for (const secret of [body.id, key, ADMIN_KEY]) expect(text).not.toContain(secret);
});
