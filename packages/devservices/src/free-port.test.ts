import { createServer } from 'node:net';
import { once } from 'node:events';
import { expect, test } from 'vitest';
import { freePort } from './free-port.ts';

test('a free port is none that an outgoing connection may take meanwhile, none that is listened on, and nobody else’s', async () => {
  const server = createServer();
  let first: number;
  for (;;) {
    first = await freePort();
    // Somebody else on this machine may be there already; then the next one.
    const isOurs = await once(server.listen(first + 1, '127.0.0.1'), 'listening').catch(() => undefined);
    if (isOurs) break;
  }
  const others = await Promise.all(Array.from({ length: 20 }, () => freePort()));
  server.close();
  const all = [first, ...others];
  expect(new Set(all).size).toBe(21);
  expect(others).not.toContain(first + 1);
  expect(Math.max(...all)).toBeLessThan(32_768);
});
