import { randomBytes } from 'node:crypto';
import { expect, test } from 'vitest';
import { openStore, type Store } from '../src/index.ts';
import { createSealer } from '../src/seal.ts';
import { accepted, DONE, OPEN, shelf } from './shelf.ts';

const here = shelf();
const [one, two] = [randomBytes(32), randomBytes(32)];

async function withKeys<T>(secretsKeys: readonly Buffer[], work: (store: Store) => Promise<T>): Promise<T> {
  const store = openStore({ databaseUrl: here.url, applicationName: 'seal-test', secretsKeys });
  try {
    return await work(store);
  } finally {
    await store.close();
  }
}

async function storedOf(clientId: string): Promise<{ secret: string; until: number | null }[]> {
  const sql = 'select webhook_secrets as stored from client where id = $1';
  return (await here.query<{ stored: { secret: string; until: number | null }[] }>(sql, [clientId]))[0]?.stored ?? [];
}

test('what is sealed says nothing, opens by its key for its owner only, and never looks the same twice', () => {
  const sealer = createSealer([one]);
  const sealed = sealer.seal('whsec_abc', 'client-1');
  expect(sealed).toMatch(/^sealed:1:[0-9a-f]{16}:[\w-]+$/);
  expect(sealed).not.toContain('abc');
  expect(sealer.seal('whsec_abc', 'client-1')).not.toBe(sealed);
  expect(sealer.open(sealed, 'client-1')).toBe('whsec_abc');
  expect(() => sealer.open(sealed, 'client-2')).toThrow();
  const last = sealed.at(-1) === 'A' ? 'Q' : 'A';
  expect(() => sealer.open(sealed.slice(0, -1) + last, 'client-1')).toThrow();
  expect(() => createSealer([two]).open(sealed, 'client-1')).toThrow(/SECRETS_KEY of this process holds [0-9a-f]{16}$/);
  expect(() => createSealer([]).open(sealed, 'client-1')).toThrow('this process has no SECRETS_KEY');
});

test('without a key secrets are kept as they are; with one, those kept plain are still read', () => {
  expect(createSealer([]).seal('whsec_abc', 'c')).toBe('whsec_abc');
  expect(createSealer([one]).open('whsec_abc', 'c')).toBe('whsec_abc');
  expect([createSealer([one]).isStale('whsec_abc'), createSealer([]).isStale('whsec_abc')]).toEqual([true, false]);
});

test('a new client has its secret sealed, and its callbacks are signed by what it was told', async () => {
  await withKeys([one], async (store) => {
    const { client, webhookSecret } = await store.clients.create({ name: 'sealed' });
    expect(await storedOf(client.id)).toEqual([{ secret: expect.stringMatching(/^sealed:1:/), until: null }]);
    expect(await secretsFor(store, client.id)).toEqual([webhookSecret]);
    const rotated = await store.clients.rotateWebhookSecret(client.id);
    for (const { secret } of await storedOf(client.id)) expect(secret).toMatch(/^sealed:1:/);
    expect(await secretsFor(store, client.id)).toEqual([rotated?.secret, webhookSecret]);
  });
});

test('what was stored plain is sealed when it is touched, or all at once', async () => {
  const [touched, untouched] = [
    await here.store.clients.create({ name: 'touched' }),
    await here.store.clients.create({ name: 'untouched' }),
  ];
  await withKeys([one], async (store) => {
    await store.clients.update(touched.client.id, { name: 'touched again' });
    expect((await storedOf(touched.client.id))[0]?.secret).toMatch(/^sealed:1:/);
    expect((await storedOf(untouched.client.id))[0]?.secret).toBe(untouched.webhookSecret);
    expect(await secretsFor(store, untouched.client.id)).toEqual([untouched.webhookSecret]);
    expect(await store.clients.sealAll()).toBeGreaterThan(0);
    expect(await store.clients.sealAll()).toBe(0);
    expect((await storedOf(untouched.client.id))[0]?.secret).toMatch(/^sealed:1:/);
  });
});

test('keys are rotated: the new one first, the old one behind it until all is sealed again', async () => {
  const { client, webhookSecret } = await withKeys([one], (store) => store.clients.create({ name: 'rotating' }));
  await withKeys([two, one], async (store) => {
    expect(await secretsFor(store, client.id)).toEqual([webhookSecret]);
    await store.clients.sealAll();
  });
  await withKeys([two], async (store) => expect(await secretsFor(store, client.id)).toEqual([webhookSecret]));
});

test('a key that is lost: the client can still be changed, and a new secret begins anew', async () => {
  const { client } = await withKeys([one], (store) => store.clients.create({ name: 'lost' }));
  await withKeys([two], async (store) => {
    expect(await store.clients.update(client.id, { name: 'found' })).toMatchObject({ name: 'found' });
    await expect(store.clients.sealAll()).rejects.toThrow('a callback secret is sealed by the key');
    const rotated = await store.clients.rotateWebhookSecret(client.id);
    expect(await secretsFor(store, client.id)).toEqual([rotated?.secret]);
  });
});

test('a process without the key leaves the callback to one that has it, and others of its batch are not kept', async () => {
  const { client } = await withKeys([two], (store) => store.clients.create({ name: 'elsewhere' }));
  const plain = await here.store.clients.create({ name: 'plain' });
  const results = await Promise.allSettled([
    secretsFor(here.store, client.id),
    secretsFor(here.store, plain.client.id),
  ]);
  expect(results[0]).toMatchObject({
    status: 'rejected',
    reason: { name: 'ElsewhereError', code: 'SECRETS_KEY_UNKNOWN' },
  });
  expect(results[1]).toMatchObject({ status: 'fulfilled', value: [plain.webhookSecret] });
});

/** The secrets that a callback of a fresh submission of that client is signed with. */
async function secretsFor(store: Store, clientId: string): Promise<readonly string[]> {
  const { id } = await accepted({ store, clientId, url: here.url, query: here.query }, [OPEN, DONE]);
  const claim = await store.cellar.claimCallback(id, 'job', 1_000);
  if (claim.type !== 'claimed') throw new Error(`nothing to claim: ${claim.type}`);
  return claim.callback.secrets;
}
