import { setImmediate as nextTurn } from 'node:timers/promises';
import { until } from '@countersign/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type Caller, type CallerSettings, type OutboundResult, createCaller, urlUnder } from '../src/index.ts';
import { httpServer, tcpServer } from './servers.ts';

function caller(settings: Partial<CallerSettings> = {}): Caller {
  const made = createCaller({ userAgent: 'countersign/0.0.0-test', allowPrivate: true, ...settings });
  onTestFinished(() => made.destroy());
  return made;
}

/** Longer than any machine stands still: where time running out is what a test is about, it says so itself. */
const get = { method: 'GET', timeoutMs: 20_000 } as const;
const post = { method: 'POST', timeoutMs: 20_000, body: '{"id":"1"}' } as const;

test('answer: status, headers, body, and what was sent with every call', async () => {
  const server = await httpServer((request, response) => {
    let body = '';
    request.on('data', (bytes) => (body += bytes));
    request.on('end', () => {
      response.writeHead(201, { 'content-type': 'application/json', 'x-seen': ['a', 'b'] });
      response.end(JSON.stringify({ url: request.url, method: request.method, headers: request.headers, body }));
    });
  });
  const startedMs = performance.now();
  const result = await caller().call({
    ...post,
    url: urlUnder(`${server.url}/base/v1/`, '/transaction?x=1'),
    headers: { 'X-Idempotency-Key': 'k1', 'User-Agent': 'somebody else' },
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
  if (result.type !== 'answer') throw new Error(result.message);
  const seen = JSON.parse(result.body);
  expect(result).toMatchObject({ statusCode: 201, truncated: false, headers: { 'x-seen': 'a, b' } });
  expect(result.durationMs).toBeLessThanOrEqual(Math.ceil(performance.now() - startedMs));
  expect(seen).toMatchObject({ method: 'POST', url: '/base/v1/transaction?x=1', body: '{"id":"1"}' });
  expect(seen.headers).toMatchObject({
    'user-agent': 'countersign/0.0.0-test',
    'content-type': 'application/json',
    'content-length': '10',
    'x-idempotency-key': 'k1',
    traceparent: '00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01',
  });
});

test('a body of bytes with its own content type is sent as it is', async () => {
  const server = await httpServer((request, response) => {
    request.pipe(response.writeHead(200, { 'content-type': String(request.headers['content-type']) }));
  });
  const result = await caller().call({
    ...post,
    url: server.url,
    headers: { 'Content-Type': 'application/xml' },
    body: Buffer.from('<é/>'),
  });
  expect(result).toMatchObject({ statusCode: 200, body: '<é/>', headers: { 'content-type': 'application/xml' } });
});

test('calls to one destination share its connections', async () => {
  const server = await httpServer((_request, response) => response.end('ok'));
  const { call } = caller();
  for (let n = 0; n < 20; n += 1) await call({ ...post, url: server.url });
  // undici frees a connection one turn of the event loop after its answer, so two take turns.
  expect(server.opened()).toBeLessThanOrEqual(2);
});

test('a redirect is an answer and is not followed', async () => {
  const canary = await tcpServer(() => undefined);
  const server = await httpServer((_request, response) =>
    response.writeHead(302, { location: `${canary.url}/inside` }).end(),
  );
  expect(await caller().call({ ...get, url: server.url })).toMatchObject({ type: 'answer', statusCode: 302 });
  expect(canary.opened()).toBe(0);
});

test('Retry-After comes as milliseconds', async () => {
  const server = await httpServer((_request, response) => response.writeHead(503, { 'retry-after': '7' }).end());
  expect(await caller().call({ ...get, url: server.url })).toMatchObject({ statusCode: 503, retryAfterMs: 7_000 });
});

test('a long answer is cut at maxBytes, between characters, and the connection closed', async () => {
  const server = await httpServer((_request, response) => {
    const more = (): void => {
      while (!response.destroyed && response.write('é'.repeat(10_000)));
    };
    response.on('drain', more);
    more();
  });
  const result = await caller().call({ ...get, url: server.url, maxBytes: 65_535 });
  expect(result).toMatchObject({ type: 'answer', statusCode: 200, truncated: true });
  if (result.type === 'answer') expect(result.body).toBe('é'.repeat(32_767));
  await until(() => server.sockets.size === 0, { label: 'its connections to be closed' });
});

test('an answer of exactly maxBytes is whole', async () => {
  const server = await httpServer((_request, response) => response.end('x'.repeat(100)));
  expect(await caller().call({ ...get, url: server.url, maxBytes: 100 })).toMatchObject({ truncated: false });
});

/** A caller with a connection to `url`, so that the next request leaves at once, before any time can run out. */
async function connected(url: string): Promise<Caller> {
  const made = caller();
  expect(await made.call({ ...get, url })).toMatchObject({ type: 'answer' });
  // undici frees the connection one turn of the event loop after its answer.
  await nextTurn();
  await nextTurn();
  return made;
}

test('no answer in time: timeout, maybe sent, on the millisecond and not on the second', async () => {
  const server = await httpServer((request, response) => void (request.method === 'GET' && response.end()));
  const results: OutboundResult[] = [];
  // A machine that stands still makes one of them late; undici's own time-outs would make every one late.
  await until(async () => {
    const { call } = await connected(server.url);
    results.push(await call({ ...post, url: server.url, timeoutMs: 120 }));
    return (results.at(-1)?.durationMs ?? Infinity) < 400;
  });
  for (const result of results) {
    expect(result).toMatchObject({ type: 'no-answer', reason: 'timeout', sent: 'maybe' });
    expect(result.durationMs).toBeGreaterThanOrEqual(119);
  }
  await until(() => server.sockets.size === 0, { label: 'its connections to be closed' });
});

test('an answer that begins but does not end in time is no answer', async () => {
  const server = await httpServer((request, response) =>
    request.method === 'GET' ? response.end() : response.writeHead(200).write('half'),
  );
  const { call } = await connected(server.url);
  expect(await call({ ...post, url: server.url, timeoutMs: 100 })).toMatchObject({ reason: 'timeout', sent: 'maybe' });
});

test('nobody listens: refused, surely not sent', async () => {
  const result = await caller().call({ ...post, url: 'http://127.0.0.1:1' });
  expect(result).toMatchObject({ type: 'no-answer', reason: 'refused', sent: 'no' });
});

test('unknown name: dns, surely not sent', async () => {
  const { call } = caller({
    lookup: (_name, _options, callback) => callback(Object.assign(new Error('no'), { code: 'ENOTFOUND' }), '', 0),
  });
  expect(await call({ ...post, url: 'http://nowhere.example' })).toMatchObject({ reason: 'dns', sent: 'no' });
});

test('time runs out while still looking for the address: surely not sent, and nothing is sent later', async () => {
  const server = await tcpServer(() => undefined);
  let answerLookup = (): void => undefined;
  const { call } = caller({
    lookup: (_name, _options, callback) => {
      answerLookup = () => callback(null, [{ address: '127.0.0.1', family: 4 }]);
    },
  });
  const result = await call({ ...post, url: `http://slow.example:${server.port}`, timeoutMs: 50 });
  expect(result).toMatchObject({ reason: 'timeout', sent: 'no' });
  answerLookup();
  await until(() => server.opened() === 1, { label: 'the connection' });
  await until(() => server.sockets.size === 0, { label: 'its connections to be closed' });
  expect(server.received()).toBe('');
});

test('the connection breaks after the request: reset, maybe sent, and a POST is not repeated', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect(await caller().call({ ...post, url: server.url })).toMatchObject({ reason: 'reset', sent: 'maybe' });
  expect(server.opened()).toBe(1);
});

test('the connection closes in the middle of the answer: reset, maybe sent', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 100\r\n\r\nhalf')),
  );
  expect(await caller().call({ ...post, url: server.url })).toMatchObject({ reason: 'reset', sent: 'maybe' });
});

test('what is not HTTP is a broken connection', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.end('SSH-2.0-OpenSSH_9\r\n\r\n')));
  expect(await caller().call({ ...post, url: server.url })).toMatchObject({ reason: 'reset', sent: 'maybe' });
});

test('headers without end: too-large', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.write(`HTTP/1.1 200 OK\r\n${`x: ${'y'.repeat(1000)}\r\n`.repeat(40)}`)),
  );
  expect(await caller().call({ ...get, url: server.url })).toMatchObject({ reason: 'too-large', sent: 'maybe' });
});

/** Answers the first request of the first connection, then resets that connection on its second request. */
function staleServer(): ReturnType<typeof tcpServer> {
  const ok = 'HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok';
  return tcpServer((socket, nth) => {
    let requests = 0;
    socket.on('data', () => {
      requests += 1;
      if (nth === 1 && requests === 2) socket.resetAndDestroy();
      else socket.write(ok);
    });
  });
}

test('a kept connection that turns out stale: a GET is repeated once on a new one', async () => {
  const server = await staleServer();
  const { call } = caller();
  await call({ ...get, url: server.url });
  await nextTurn();
  await nextTurn();
  expect(await call({ ...get, url: server.url })).toMatchObject({ type: 'answer', body: 'ok' });
  expect(server.opened()).toBe(2);
});

test('a kept connection that turns out stale: a POST is not repeated and may have been sent', async () => {
  const server = await staleServer();
  const { call } = caller();
  await call({ ...post, url: server.url });
  await nextTurn();
  await nextTurn();
  expect(await call({ ...post, url: server.url })).toMatchObject({ reason: 'reset', sent: 'maybe' });
  expect(server.opened()).toBe(1);
});

test('a GET on a fresh connection is not repeated', async () => {
  const server = await tcpServer((socket) => socket.once('data', () => socket.resetAndDestroy()));
  expect(await caller().call({ ...get, url: server.url })).toMatchObject({ reason: 'reset', sent: 'maybe' });
  expect(server.opened()).toBe(1);
});

test('a kept connection the server has closed meanwhile is not used', async () => {
  const server = await tcpServer((socket) =>
    socket.once('data', () => socket.end('HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\nok')),
  );
  const { call } = caller();
  await call({ ...post, url: server.url });
  expect(await call({ ...post, url: server.url })).toMatchObject({ type: 'answer' });
  expect(server.opened()).toBe(2);
});

test('the outer signal ends the call: aborted, maybe sent once it was on its way', async () => {
  const stop = new AbortController();
  const server = await httpServer(() => stop.abort());
  const result = await caller().call({ ...post, url: server.url, signal: stop.signal });
  expect(result).toMatchObject({ reason: 'aborted', sent: 'maybe' });
  const again = await caller().call({ ...post, url: server.url, signal: stop.signal });
  expect(again).toMatchObject({ reason: 'aborted', sent: 'no' });
});

test('aborted while waiting for the connection: surely not sent', async () => {
  const { call } = caller({ lookup: () => undefined });
  const result = await call({ ...post, url: 'http://slow.example', signal: AbortSignal.timeout(30) });
  expect(result).toMatchObject({ reason: 'aborted', sent: 'no' });
});

test('no longer due when the first byte is about to leave: surely not sent, and the next call is well', async () => {
  let served = 0;
  const server = await httpServer((_request, response) => {
    served += 1;
    response.end('ok');
  });
  const { call } = caller();
  // The second finds a connection that was kept, the first opens one.
  for (const asked of [1, 2]) {
    const result = await call({ ...post, url: server.url, isStillDue: () => false });
    expect(result, `call ${asked}`).toMatchObject({ type: 'no-answer', reason: 'aborted', sent: 'no' });
    const due = await call({ ...post, url: server.url, isStillDue: () => true });
    expect(due, `call ${asked}`).toMatchObject({ type: 'answer', body: 'ok' });
  }
  expect(served).toBe(2);
});

test('destroy ends calls in flight', async () => {
  let asked = 0;
  const server = await httpServer(() => (asked += 1));
  const made = caller();
  const running = made.call({ ...post, url: server.url });
  await until(() => asked === 1, { label: 'the request' });
  await made.destroy();
  expect(await running).toMatchObject({ type: 'no-answer', reason: 'aborted', sent: 'maybe' });
});

test('a dead destination does not hold up another', async () => {
  const dead = await httpServer(() => undefined);
  const alive = await httpServer((_request, response) => response.end('ok'));
  const { call, destroy } = caller();
  let ended = 0;
  const hanging = Array.from({ length: 50 }, () => call({ ...post, url: dead.url }).finally(() => (ended += 1)));
  expect(await call({ ...post, url: alive.url })).toMatchObject({ statusCode: 200 });
  expect(ended).toBe(0);
  await destroy();
  expect((await Promise.all(hanging)).every((result) => result.type === 'no-answer')).toBe(true);
});

test('a request no network could carry is a TypeError, without the URL in its text', async () => {
  const { call } = caller();
  await expect(async () => call({ ...get, url: 'ftp://user:secret@x' })).rejects.toThrow(/^request\.url must be/);
  await expect(call({ ...get, url: 'http://127.0.0.1:1', headers: { a: 'b\r\nc: d' } })).rejects.toThrow(TypeError);
});

test('a base URL keeps its path', () => {
  expect(urlUnder('https://a.example/v1', '/x')).toBe('https://a.example/v1/x');
  expect(urlUnder('https://a.example/v1/', 'x')).toBe('https://a.example/v1/x');
  expect(urlUnder('https://a.example', '')).toBe('https://a.example');
});
