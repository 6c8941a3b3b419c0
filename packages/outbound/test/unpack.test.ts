import { createServer, type Server } from 'node:http';
import { deflateSync, gzipSync } from 'node:zlib';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { createCaller, type Caller } from '../src/index.ts';

const whole = 'ä'.repeat(50_000);
const answers: Record<string, { encoding: string; bytes: Buffer }> = {
  '/gzip': { encoding: 'gzip', bytes: gzipSync(whole) },
  '/deflate': { encoding: 'deflate', bytes: deflateSync(whole) },
  '/bomb': { encoding: 'gzip', bytes: gzipSync(Buffer.alloc(50_000_000)) },
  '/lie': { encoding: 'gzip', bytes: Buffer.from('not compressed at all') },
  '/unknown': { encoding: 'br', bytes: Buffer.from('br') },
};
let server: Server;
let caller: Caller;
let url = '';
beforeAll(async () => {
  server = createServer((request, response) => {
    const { encoding, bytes } = answers[request.url ?? ''] ?? { encoding: 'identity', bytes: Buffer.from(whole) };
    response.writeHead(200, { 'content-encoding': encoding }).end(bytes);
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  url = `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
  caller = createCaller({ userAgent: 'test', allowPrivate: true, maxBytes: 1_000_000 });
});
afterAll(async () => {
  await caller.destroy();
  server.close();
});

const ask = (path: string) =>
  caller.call({ method: 'GET', url: url + path, headers: { 'accept-encoding': 'gzip, deflate' }, timeoutMs: 20_000 });

it.each(['/gzip', '/deflate', '/plain'])('%s: the text is whole', async (path) => {
  expect(await ask(path)).toMatchObject({ type: 'answer', body: whole, truncated: false });
});

it.each(['/bomb', '/lie', '/unknown'])(
  '%s: says that it is not whole, and holds no more than was asked for',
  async (path) => {
    const answer = await ask(path);
    expect(answer).toMatchObject({ type: 'answer', truncated: true });
    if (answer.type === 'answer') expect(answer.body.length).toBeLessThan(1_000_000);
  },
);
