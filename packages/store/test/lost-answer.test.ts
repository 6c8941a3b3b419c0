import { connect, createServer, type AddressInfo, type Socket } from 'node:net';
import type { Change } from '@countersign/flow';
import { expect, test } from 'vitest';
import { newId, openStore } from '../src/index.ts';
import { accepted, draft, loaded, OPEN, shelf } from './shelf.ts';

const here = shelf();

/** A wire to PostgreSQL that, once armed, swallows the next answer after a request holding `word`, and breaks. */
async function cuttingWire(): Promise<{
  url: string;
  arm: (word: string) => void;
  cuts: () => number;
  close: () => void;
}> {
  const { hostname, port } = new URL(here.url);
  let armed: string | undefined;
  let cuts = 0;
  const sockets = new Set<Socket>();
  const server = createServer((near) => {
    const far = connect(Number(port), hostname);
    let cutting = false;
    for (const socket of [near, far]) {
      sockets.add(socket);
      socket.on('error', () => {});
      socket.on('close', () => [near, far].forEach((one) => one.destroy()));
    }
    near.on('data', (bytes) => {
      if (armed !== undefined && bytes.includes(armed)) {
        cutting = true;
        armed = undefined;
      }
      far.write(bytes);
    });
    far.on('data', (bytes) => {
      if (!cutting) return void near.write(bytes);
      // The statement was answered, so it is committed; nobody hears of it.
      cuts += 1;
      // Both at once: an answer that comes in two pieces is one cut.
      near.destroy();
      far.destroy();
    });
  });
  await new Promise<void>((ready) => server.listen(0, '127.0.0.1', ready));
  const url = new URL(here.url);
  // Listening on a port, its address is no path.
  url.port = String((server.address() as AddressInfo).port);
  return {
    url: url.href,
    arm: (word) => (armed = word),
    cuts: () => cuts,
    close: () => {
      sockets.forEach((socket) => socket.destroy());
      server.close();
    },
  };
}

test('an acceptance whose answer was lost is found committed: created, once', async () => {
  const wire = await cuttingWire();
  const store = openStore({ databaseUrl: wire.url, applicationName: 'cut' });
  const one = draft(here.clientId);
  wire.arm(one.id);
  const answer = await store.intake.accept(one);
  expect(wire.cuts()).toBe(1);
  expect(answer).toMatchObject({ type: 'created' });
  expect(answer.type === 'created' && answer.createdAt).toBe((await loaded(here.store, one.id)).createdAt);
  await store.close();
  wire.close();
});

test('a commit whose answer was lost is written once; its caller is told to look again', async () => {
  const wire = await cuttingWire();
  const store = openStore({ databaseUrl: wire.url, applicationName: 'cut' });
  const one = draft(here.clientId);
  await store.intake.accept(one);
  const submission = await loaded(store, one.id);
  wire.arm(one.id);
  expect(await store.cellar.commit(submission, OPEN)).toBeUndefined();
  expect(wire.cuts()).toBe(1);
  expect(await loaded(store, one.id)).toMatchObject({ version: 2, status: 'PROCESSING' });
  expect(await here.query('select from history where submission_id = $1', [one.id])).toHaveLength(1);
  await store.close();
  wire.close();
});

test('a webhook whose answer was lost is kept once, and told as kept', async () => {
  const wire = await cuttingWire();
  const store = openStore({ databaseUrl: wire.url, applicationName: 'cut' });
  const one = draft(here.clientId);
  await store.intake.accept(one);
  const digest = newId().replaceAll('-', '');
  wire.arm(digest);
  const word = { submissionId: one.id, leg: 'registry', provider: 'registry', digest, word: { type: 'done' } } as const;
  expect(await store.webhooks.keep(word)).toMatchObject({ type: 'kept', kind: 'transaction' });
  expect(wire.cuts()).toBe(1);
  await store.close();
  wire.close();
});

test('a reading of the feed whose answer was lost is given the same results, and takes no others', async () => {
  const { clientId } = here;
  const ends = Array.from({ length: 12 }, (_, n): Change => ({
    status: 'COMPLETED',
    results: [{ code: 200, response: n }],
  }));
  for (const end of ends) await accepted(here, [OPEN, end], { kind: 'fed' });
  const wire = await cuttingWire();
  const store = openStore({ databaseUrl: wire.url, applicationName: 'cut' });
  wire.arm('consumed_by');
  const taken = await store.results.take({ clientId, kind: 'fed' });
  expect(wire.cuts()).toBe(1);
  expect(taken.map(({ response }) => response)).toEqual(['0', '1', '2', '3', '4', '5', '6', '7', '8', '9']);
  expect(await here.store.results.take({ clientId, kind: 'fed' })).toHaveLength(2);
  await store.close();
  wire.close();
});
