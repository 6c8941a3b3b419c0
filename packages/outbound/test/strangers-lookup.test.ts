import { lookup as systemLookup } from 'node:dns';
import { expect, onTestFinished, test } from 'vitest';
import { createCaller } from '../src/index.ts';
import { strangersLookup } from '../src/strangers-lookup.ts';
import { nameServer } from './name-server.ts';
import { httpServer, tcpServer } from './servers.ts';

type Names = Parameters<typeof nameServer>[0];

/** `timeoutMs`, of a question to the name server: longer than any machine stands still where it answers. */
async function callerOn(
  names: Names,
  allowPrivate: boolean,
  timeoutMs = 20_000,
): Promise<ReturnType<typeof createCaller>> {
  const lookup = strangersLookup({ servers: [await nameServer(names)], timeoutMs, tries: 1 });
  const made = createCaller({ userAgent: 'countersign/0.0.0-test', allowPrivate, lookup });
  onTestFinished(() => made.destroy());
  return made;
}

const post = { method: 'POST', timeoutMs: 25_000, body: '{}' } as const;

test('a name is resolved by the name server and called', async () => {
  const server = await httpServer((_request, response) => response.end('ok'));
  const { call } = await callerOn({ 'a.example': [['127.0.0.1']] }, true);
  expect(await call({ ...post, url: `http://a.example:${server.port}/` })).toMatchObject({ statusCode: 200 });
});

test('no such name, no address, no answer: dns, surely not sent', async () => {
  const { call } = await callerOn({ 'empty.example': [[]], 'silent.example': [undefined] }, false, 200);
  for (const name of ['nothing.example', 'empty.example', 'silent.example']) {
    expect(await call({ ...post, url: `https://${name}/` }), name).toMatchObject({ reason: 'dns', sent: 'no' });
  }
});

test('a name that leads inside is blocked, by A or by AAAA record, whatever it said before', async () => {
  const canary = await tcpServer(() => undefined);
  const names = {
    'in.example': [['127.0.0.1']],
    'in6.example': [['::1', 'fc00::1']],
    'mixed.example': [['10.0.0.1', '::1']],
  };
  const { call } = await callerOn(names, false);
  for (const name of Object.keys(names)) {
    const result = await call({ ...post, url: `http://${name}:${canary.port}/` });
    expect(result, name).toMatchObject({ reason: 'blocked', sent: 'no' });
  }
  expect(canary.opened()).toBe(0);
});

test('names whose servers are dead hold up nobody else', async () => {
  const { call, destroy } = await callerOn({ 'dead.example': [undefined] }, false);
  let ended = 0;
  const dead = Array.from({ length: 20 }, () =>
    call({ ...post, url: 'https://dead.example/' }).finally(() => (ended += 1)),
  );
  await new Promise((resolve) => systemLookup('localhost', resolve));
  expect(ended).toBe(0);
  await destroy();
  for (const result of await Promise.all(dead)) expect(result).toMatchObject({ type: 'no-answer', sent: 'no' });
});
