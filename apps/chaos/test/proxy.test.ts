import { createServer, connect, type Server, type Socket } from 'node:net';
import { once } from 'node:events';
import { afterEach, beforeEach, expect, test } from 'vitest';
import { until } from '@countersign/testkit';
import { openLink, type Link } from '../src/stage/proxy.ts';

let server: Server;
let port: number;
let link: Link;
let heard: string[];
const open: Socket[] = [];

beforeEach(async () => {
  heard = [];
  server = createServer((socket) => {
    socket.on('error', () => undefined);
    socket.on('data', (chunk) => {
      heard.push(chunk.toString());
      socket.write(`you said ${chunk.toString()}`);
    });
  });
  server.listen(0, '127.0.0.1');
  await once(server, 'listening');
  const address = server.address();
  port = typeof address === 'object' && address !== null ? address.port : 0;
  // Port 1 first: nobody listens there, so the link must lead to the second.
  link = await openLink('test', [1, port]);
});
afterEach(async () => {
  for (const socket of open.splice(0)) socket.destroy();
  await link.close();
  server.close();
});

test('it leads to the first target that answers', async () => {
  expect(await ask(await dial(), 'hello')).toBe('you said hello');
});

test('cut: connections are reset, new ones too, and healed it works again', async () => {
  const before = await dial();
  expect(await ask(before, 'one')).toBe('you said one');
  const gone = closed(before);
  link.cut();
  await gone;
  // The reset may come before or after the connect is seen.
  const refused = connect(link.port, '127.0.0.1');
  refused.on('error', () => undefined);
  await closed(refused);
  link.heal();
  expect(await ask(await dial(), 'two')).toBe('you said two');
});

test('cut: who is just on the way through is cut too', async () => {
  const socket = await dial();
  const gone = closed(socket);
  // The link has heard of it at most a turn ago, and its far side is not connected yet.
  link.cut();
  await gone;
  await until(() => link.connections() === 0);
});

test('half-open: an old connection leads nowhere and nobody is told; a new one works', async () => {
  const before = await dial();
  await ask(before, 'one');
  link.halfOpen();
  let ended = false;
  before.once('close', () => (ended = true));
  before.write('into the void');
  expect(await ask(await dial(), 'two')).toBe('you said two');
  expect(heard).toEqual(['one', 'two']);
  expect(ended).toBe(false);
});

test('slow: every byte is late, each way', async () => {
  const socket = await dial();
  await ask(socket, 'warm');
  link.slow(100);
  const began = performance.now();
  expect(await ask(socket, 'late')).toBe('you said late');
  expect(performance.now() - began).toBeGreaterThan(195);
});

test('however its lateness changes, bytes come in their order: a stream that does not is no TCP', async () => {
  const quick = await openLink('quick', [port]);
  const [socket, beside] = [await dial(), await dial(quick)];
  await ask(socket, 'warm');
  const sent = Array.from({ length: 30 }, (_, n) => `${n};`);
  for (const [n, words] of sent.entries()) {
    link.slow(n % 3 === 0 ? 50 : 0);
    socket.write(words);
    // Both links live in this very loop: when the quick one has carried something after it, the other has read this.
    await ask(beside, '?');
  }
  await until(() => heard.join('').includes('29;'));
  expect(heard.join('').replaceAll(/warm|\?/g, '')).toBe(sent.join(''));
  await quick.close();
});

test('lose-answers: the request is served and its answer lost with the connection', async () => {
  const socket = await dial();
  await ask(socket, 'warm');
  link.loseAnswers();
  socket.write('pay');
  await closed(socket);
  await until(() => heard.includes('pay'));
  link.heal();
  expect(await ask(await dial(), 'again')).toBe('you said again');
});

async function dial(through = link): Promise<Socket> {
  const socket = connect(through.port, '127.0.0.1');
  open.push(socket);
  socket.on('error', () => undefined);
  await once(socket, 'connect');
  return socket;
}

async function ask(socket: Socket, words: string): Promise<string> {
  socket.write(words);
  const [answer] = (await once(socket, 'data')) as [Buffer];
  return answer.toString();
}

// events.once would reject with the reset that is expected here.
function closed(socket: Socket): Promise<void> {
  return new Promise((resolve) => socket.once('close', () => resolve()));
}
