import { createHash } from 'node:crypto';
import { expect, test } from 'vitest';
import { BUILT_IN_CLIENT, newId } from '../src/index.ts';
import { accepted, DONE, draft, OPEN, shelf } from './shelf.ts';

const here = shelf();

test('a client is made, found, listed, changed', async () => {
  const { client, webhookSecret } = await here.store.clients.create({
    name: 'shop',
    callbackUrl: 'https://a.test',
    limits: { rate: 5 },
  });
  expect(client).toMatchObject({ name: 'shop', callbackUrl: 'https://a.test', limits: { rate: 5 } });
  expect(Buffer.from(webhookSecret.replace('whsec_', ''), 'base64')).toHaveLength(32);
  expect(await here.store.clients.get(client.id)).toEqual(client);
  expect(await here.store.clients.list()).toContainEqual(client);
  expect(await here.store.clients.update(client.id, { limits: { rate: 6 } })).toEqual({
    ...client,
    limits: { rate: 6 },
  });
  expect(await here.store.clients.update(client.id, { callbackUrl: null })).toMatchObject({
    callbackUrl: null,
    name: 'shop',
  });
  expect(await here.store.clients.get(newId())).toBeUndefined();
  expect(await here.store.clients.update(newId(), { name: 'x' })).toBeUndefined();
});

test('a key opens for its client with its scopes; only its hash is stored; revoked it opens nothing', async () => {
  const made = await here.store.clients.addKey(here.clientId, ['read', 'write']);
  if (!made) throw new Error('no key');
  expect(made.key).toMatch(/^cs_[\w-]{43}$/);
  expect(await here.store.clients.bearerOf(made.key)).toMatchObject({
    client: { id: here.clientId },
    keyId: made.id,
    scopes: ['read', 'write'],
  });
  const [row] = await here.query<{ hash: Buffer; all: string }>(
    'select hash, k::text as all from client_key k where id = $1',
    [made.id],
  );
  expect(row?.hash).toEqual(createHash('sha256').update(made.key).digest());
  expect(row?.all).not.toContain(made.key.slice(3));
  expect(await here.store.clients.bearerOf('cs_wrong')).toBeUndefined();
  expect(await here.store.clients.revokeKey(newId(), made.id)).toBe(false);
  expect(await here.store.clients.revokeKey(here.clientId, made.id)).toBe(true);
  expect(await here.store.clients.bearerOf(made.key)).toBeUndefined();
  expect(await here.store.clients.revokeKey(here.clientId, made.id)).toBe(false);
  expect(await here.store.clients.keys(here.clientId)).toMatchObject([{ id: made.id, revokedAt: expect.any(Number) }]);
  expect(await here.store.clients.addKey(newId(), ['read'])).toBeUndefined();
});

test('who may send: two at most; not whose keys are all revoked or may only read, not the built-in one without work', async () => {
  const { clients, intake } = here.store;
  // Of everybody in this file only those made here count.
  await here.query(
    `insert into client_key (id, client_id, hash, scopes, revoked_at)
    select gen_random_uuid(), id, sha256(uuid_send(id)), '{write}', now() from client where id <> $1`,
    [BUILT_IN_CLIENT],
  );
  await here.query('update client_key set revoked_at = now() where revoked_at is null');
  expect(await clients.senders()).toEqual([]);
  const reader = (await clients.create({ name: 'reader' })).client.id;
  await clients.addKey(reader, ['read']);
  expect(await clients.senders()).toEqual([]);
  const key = await clients.addKey(reader, ['read', 'write']);
  expect(await clients.senders()).toEqual([reader]);
  await clients.revokeKey(reader, key?.id ?? '');
  // Without any key: it has access tokens, or third parties hand work over for it.
  const keyless = (await clients.create({ name: 'keyless' })).client.id;
  expect(await clients.senders()).toEqual([keyless]);
  await intake.accept(draft(BUILT_IN_CLIENT));
  expect(await clients.senders()).toEqual([BUILT_IN_CLIENT, keyless]);
  await clients.create({ name: 'third' });
  expect(await clients.senders()).toHaveLength(2);
});

test('a rotated secret overlaps for 24 h, newest first, and ends', async () => {
  const { client, webhookSecret } = await here.store.clients.create({ name: 'rotating' });
  const secrets = async () => {
    const submission = await accepted({ ...here, store: here.store, clientId: client.id }, [OPEN, DONE]);
    const claim = await here.store.cellar.claimCallback(submission.id, 'me', 1_000);
    return claim.type === 'claimed' ? claim.callback.secrets : [];
  };
  const second = await here.store.clients.rotateWebhookSecret(client.id);
  expect(Math.abs((second?.previousUntil ?? 0) - Date.now() - 86_400_000)).toBeLessThan(5_000);
  expect(await secrets()).toEqual([second?.secret, webhookSecret]);
  const third = await here.store.clients.rotateWebhookSecret(client.id);
  expect(await secrets()).toEqual([third?.secret, second?.secret, webhookSecret]);
  await here.query(
    `update client set webhook_secrets = jsonb_set(jsonb_set(webhook_secrets, '{1,until}', '1'), '{2,until}', '1') where id = $1`,
    [client.id],
  );
  expect(await secrets()).toEqual([third?.secret]);
  const fourth = await here.store.clients.rotateWebhookSecret(client.id);
  expect(await secrets()).toEqual([fourth?.secret, third?.secret]);
  expect(await here.store.clients.rotateWebhookSecret(newId())).toBeUndefined();
});

test('the webhook secret is the same for all and 32 bytes long', async () => {
  const secret = await here.store.webhooks.tokenSecret();
  expect(secret).toHaveLength(32);
  expect(await here.store.webhooks.tokenSecret()).toEqual(secret);
});
