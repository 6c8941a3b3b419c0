import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('a free port is none that an outgoing connection may take meanwhile, none that is listened on, and nobody else’s', async () => {
  const first = await freePort();
  const server = createServer().listen(first + 1, '127.0.0.1');
  await once(server, 'listening');
  const others = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  server.close();
  const all = [first, ...others];
  expect(new Set(all).size).toBe(21);
  expect(others).not.toContain(first + 1);
  expect(Math.max(...all)).toBeLessThan(32_768);
});
