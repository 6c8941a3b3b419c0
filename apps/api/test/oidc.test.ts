import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { exportJWK, generateKeyPair, SignJWT, type JWTPayload } from 'jose';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor, transaction, type Stage } from './stage.ts';

const AUDIENCE = 'countersign-tests';
let door: Stage;
let provider: Server;
let issuer: string;
let keys: Awaited<ReturnType<typeof generateKeyPair>>;
let clientId: string;

/** An identity provider: discovery document and key set over real HTTP. */
beforeAll(async () => {
  keys = await generateKeyPair('ES256');
  const jwk = { ...(await exportJWK(keys.publicKey)), kid: 'k1', alg: 'ES256', use: 'sig' };
  provider = createServer((request, response) => {
    const body = request.url === '/keys' ? { keys: [jwk] } : { issuer, jwks_uri: `${issuer}/keys` };
    response.setHeader('content-type', 'application/json').end(JSON.stringify(body));
  });
  await new Promise<void>((listening) => provider.listen(0, '127.0.0.1', listening));
  // A server that listens on TCP has such an address.
  issuer = `http://127.0.0.1:${(provider.address() as AddressInfo).port}`;
  door = await openDoor({ oidc: { issuer, audience: AUDIENCE } });
  clientId = (await door.client([])).id;
});
afterAll(async () => {
  await door.close();
  provider.close();
});

async function token(
  claims: JWTPayload = {},
  { key = keys.privateKey, alg = 'ES256', expires = '5m' } = {},
): Promise<string> {
  return await new SignJWT({ scope: 'openid read write', azp: clientId, ...claims })
    .setProtectedHeader({ alg, kid: 'k1' })
    .setIssuer(String(claims.iss ?? issuer))
    .setAudience(String(claims.aud ?? AUDIENCE))
    .setSubject('user-1')
    .setIssuedAt()
    .setExpirationTime(expires)
    .sign(key);
}

const read = async (key: string) => await door.call('/v1/transactions', { key });

test('200 and 202: an access token is as good as a key, for the client it names', async () => {
  const body = transaction();
  expect((await door.call('/v1/transactions', { key: await token(), json: body })).status).toBe(202);
  expect(
    (await door.call(`/v1/transactions/${body.id}`, { key: await token({ azp: 'web-app', client_id: clientId }) }))
      .status,
  ).toBe(200);
  expect((await read(await token({ scope: undefined, scp: ['read'] }))).status).toBe(200);
});

test('403: the scope claim counts', async () => {
  expect(
    (await door.call('/v1/transactions', { key: await token({ scope: 'read' }), json: transaction() })).status,
  ).toBe(403);
  expect((await read(await token({ scope: 'openid' }))).status).toBe(403);
});

test('200: an administrator needs no client, and gets no submissions', async () => {
  const admin = await token({ scope: 'admin read', azp: 'ops-console' });
  expect((await door.call('/v1/clients', { key: admin })).status).toBe(200);
  expect((await read(admin)).status).toBe(403);
});

test('401: wrong audience, issuer, key, algorithm, time, or a client we do not have', async () => {
  const stranger = await generateKeyPair('ES256');
  const bad = {
    audience: await token({ aud: 'somebody else' }),
    issuer: await token({ iss: 'https://evil.example' }),
    key: await token({}, { key: stranger.privateKey }),
    expired: await token({}, { expires: '-1m' }),
    client: await token({ azp: '0199d0a2-0000-7000-8000-00000000dead' }),
    none: `${Buffer.from('{"alg":"none"}').toString('base64url')}.${Buffer.from(JSON.stringify({ iss: issuer, aud: AUDIENCE, azp: clientId, scope: 'read' })).toString('base64url')}.x`,
    symmetric: await new SignJWT({ scope: 'read', azp: clientId })
      .setProtectedHeader({ alg: 'HS256', kid: 'k1' })
      .setIssuer(issuer)
      .setAudience(AUDIENCE)
      .setExpirationTime('5m')
      .sign(new TextEncoder().encode('a secret of at least 32 bytes ......')),
    torn: `${(await token()).slice(0, -4)}AAAA`,
  };
  for (const [what, key] of Object.entries(bad)) expect([what, (await read(key)).status]).toEqual([what, 401]);
});

test('503: the identity provider is away, and keys still work', async () => {
  const lonely = await openDoor({ oidc: { issuer: 'http://127.0.0.1:1', audience: AUDIENCE } });
  const answer = await lonely.call('/v1/transactions', { key: await token() });
  expect(answer.status).toBe(503);
  expect(answer.headers['retry-after']).toBe('1');
  expect((await lonely.call('/v1/transactions', { key: (await lonely.client()).key })).status).toBe(200);
  await lonely.close();
});
