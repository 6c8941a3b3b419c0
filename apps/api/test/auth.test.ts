import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { until } from '@countersign/testkit';
import { ADMIN_KEY, openDoor, transaction, type Stage } from './stage.ts';

let door: Stage;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(async () => await door.close());

test('401: no key, a bad scheme, an unknown key, each with WWW-Authenticate', async () => {
  for (const authorization of [undefined, 'Basic YTpi', 'Bearer', 'Bearer nobody', `Bearer ${'x'.repeat(9_000)}`]) {
    const answer = await door.call('/v1/transactions', {
      headers: authorization === undefined ? {} : { authorization },
    });
    expect([authorization?.slice(0, 20), answer.status]).toEqual([authorization?.slice(0, 20), 401]);
    expect(answer.headers['www-authenticate']).toMatch(/^Bearer realm="countersign"/);
    expect(answer.json.type).toMatch(/unauthenticated$/);
  }
});

test('401: judged before the body is read', async () => {
  const answer = await door.call('/v1/transactions', {
    text: '{broken',
    headers: { 'content-type': 'application/json' },
  });
  expect(answer.status).toBe(401);
});

test('403: scopes do not imply one another', async () => {
  const [reader, writer, admin] = await Promise.all([
    door.client(['read']),
    door.client(['write']),
    door.client(['admin']),
  ]);
  const body = transaction();
  expect((await door.call('/v1/transactions', { key: reader.key, json: body })).status).toBe(403);
  expect((await door.call('/v1/transactions', { key: admin.key, json: body })).status).toBe(403);
  expect((await door.call('/v1/transactions', { key: writer.key, json: body })).status).toBe(202);
  expect((await door.call('/v1/transactions', { key: writer.key })).status).toBe(403);
  expect((await door.call('/v1/transactions', { key: reader.key })).status).toBe(200);
  expect((await door.call('/v1/clients', { key: reader.key })).status).toBe(403);
  expect((await door.call('/v1/clients', { key: admin.key })).status).toBe(200);
  expect((await door.call('/v1/transactions', { key: ADMIN_KEY, json: body })).status).toBe(403);
});

test("404: another client's submission is as absent as none at all", async () => {
  const [mine, theirs] = await Promise.all([door.client(), door.client()]);
  const body = transaction();
  const made = await door.call('/v1/transactions', { key: theirs.key, json: body });
  const strange = await door.call(`/v1/transactions/${body.id}`, { key: mine.key });
  const none = await door.call('/v1/transactions/none', { key: mine.key });
  const masked = ({ json, headers }: typeof none) =>
    JSON.stringify(json).replaceAll(String(headers['x-request-id']), '');
  expect(strange.status).toBe(404);
  expect(masked(strange)).toBe(masked(none));
  expect((await door.call(`/v1/transactions/${made.json.submissionId}`, { key: mine.key })).status).toBe(404);
  expect((await door.call(`/v1/transactions/${body.id}/timeline`, { key: mine.key })).status).toBe(404);
  expect((await door.call('/v1/transactions', { key: mine.key })).json.data).toEqual([]);
});

test('201, 204, 401: a key is made, works, is revoked, and is refused within 5 s on every replica', async () => {
  const created = await door.call('/v1/clients', { key: ADMIN_KEY, json: { name: 'shop' } });
  expect(created.status).toBe(201);
  expect(created.json).toMatchObject({ name: 'shop', webhookSecret: expect.stringMatching(/^whsec_/) });
  const keys = `/v1/clients/${created.json.id}/keys`;
  const made = await door.call(keys, { key: ADMIN_KEY, json: { scopes: ['read', 'write'] } });
  expect(made.status).toBe(201);
  expect(made.json).toEqual({
    id: expect.any(String),
    key: expect.stringMatching(/^cs_.{43}$/),
    scopes: ['read', 'write'],
  });
  const { key } = made.json;
  expect((await door.call('/v1/transactions', { key })).status).toBe(200);
  expect((await door.call(keys, { key: ADMIN_KEY })).text).not.toContain(key);
  expect((await door.call(`${keys}/${made.json.id}`, { key: ADMIN_KEY, method: 'DELETE' })).status).toBe(204);
  await until(async () => (await door.call('/v1/transactions', { key })).status === 401, {
    timeoutMs: 5_000,
    label: 'the revoked key refused',
  });
  expect((await door.call(`${keys}/${made.json.id}`, { key: ADMIN_KEY, method: 'DELETE' })).status).toBe(404);
});

test('200: the webhook secret is rotated, PATCH changes the default callback URL and limits', async () => {
  const client = await door.client();
  const path = `/v1/clients/${client.id}`;
  const rotated = await door.call(`${path}/webhook-secret`, { key: ADMIN_KEY, method: 'POST' });
  expect(rotated.status).toBe(200);
  expect(rotated.json.secret).toMatch(/^whsec_/);
  expect(rotated.json.secret).not.toBe(client.webhookSecret);
  const json = { callbackUrl: 'http://127.0.0.1:1/x', limits: { ratePerSecond: 5 } };
  const patched = await door.call(path, { key: ADMIN_KEY, method: 'PATCH', json });
  expect(patched.status).toBe(200);
  expect(patched.json).toMatchObject(json);
  expect(
    (await door.call(path, { key: ADMIN_KEY, method: 'PATCH', json: { callbackUrl: null } })).json.callbackUrl,
  ).toBeNull();
  expect((await door.call(path, { key: ADMIN_KEY })).json).toMatchObject({
    callbackUrl: null,
    limits: { ratePerSecond: 5 },
  });
  expect((await door.call(path, { key: ADMIN_KEY, method: 'PATCH', json: { unknown: 1 } })).status).toBe(400);
  expect((await door.call('/v1/clients', { key: ADMIN_KEY, json: { name: 'a\u0000b' } })).status).toBe(400);
  const nobody = '/v1/clients/0199d0a2-0000-7000-8000-00000000dead';
  expect((await door.call(`${nobody}/webhook-secret`, { key: ADMIN_KEY, method: 'POST' })).status).toBe(404);
  expect((await door.call(`${nobody}/keys`, { key: ADMIN_KEY, json: { scopes: ['read'] } })).status).toBe(404);
  expect((await door.call('/v1/clients/not-an-id', { key: ADMIN_KEY })).status).toBe(400);
});

test('429: a client over its own limit, with Retry-After; others are not touched, and nothing was accepted', async () => {
  let nowMs = 1_000_000;
  const strict = await openDoor({ nowMs: () => nowMs });
  const [heavy, other] = await Promise.all([strict.client(), strict.client()]);
  await strict.call(`/v1/clients/${heavy.id}`, {
    key: ADMIN_KEY,
    method: 'PATCH',
    json: { limits: { ratePerSecond: 3 } },
  });
  const bodies = Array.from({ length: 30 }, () => transaction());
  const post = async (json: unknown) => await strict.call('/v1/transactions', { key: heavy.key, json });
  const answers = await Promise.all(bodies.map(post));
  const refused = answers.filter((answer) => answer.status === 429);
  expect([refused.length, answers.filter((answer) => answer.status === 202).length]).toEqual([27, 3]);
  expect(refused[0]?.headers['retry-after']).toBe('1');
  expect(refused[0]?.json.type).toMatch(/rate-limited$/);
  expect((await strict.call('/v1/transactions', { key: other.key })).status).toBe(200);
  const rejected = bodies[answers.findIndex((answer) => answer.status === 429)];
  expect(await strict.store.submissions.find({ kind: 'transaction', id: rejected?.id ?? '' })).toBeUndefined();
  nowMs += 1_000;
  expect((await post(rejected)).status).toBe(202);
  await strict.close();
});

test('429 instead of 401: too many strangers from one address, while good keys from there pass', async () => {
  const strict = await openDoor({ authFailuresPerMinute: 5, nowMs: () => 0 });
  const client = await strict.client();
  const statuses = [];
  for (let n = 0; n < 8; n++) statuses.push((await strict.call('/v1/transactions', { key: `wrong-${n}` })).status);
  expect(statuses).toEqual([401, 401, 401, 401, 401, 429, 429, 429]);
  expect((await strict.call('/v1/transactions', { key: client.key })).status).toBe(200);
  await strict.close();
});

describe('whose X-Forwarded-For is believed', () => {
  /** Of eight wrong keys, each said to come from an address of its own: how many are told 429. */
  async function refused(trustProxy: number | readonly string[] | undefined, forwarded: (n: number) => string) {
    const strict = await openDoor({ authFailuresPerMinute: 2, nowMs: () => 0, settings: { trustProxy } });
    const details: string[] = [];
    for (let n = 0; n < 8; n++) {
      const headers = { 'x-forwarded-for': forwarded(n) };
      const { status, json } = await strict.call('/v1/transactions', { key: 'wrong', headers });
      if (status === 429) details.push(String(json.detail));
    }
    await strict.close();
    return details;
  }
  const own = (n: number) => `203.0.113.${n}`;

  test('nobody unless told: made-up addresses are counted as the one they came from', async () => {
    const details = await refused(undefined, own);
    expect(details).toHaveLength(6);
    expect(details[0]).toContain('127.0.0.1');
  });

  test.each([[1], [['127.0.0.0/8']]])('of %j: callers behind it are told apart', async (proxies) => {
    expect(await refused(proxies, own)).toEqual([]);
    // What the caller itself put before the proxy's entry is not believed.
    const details = await refused(proxies, (n) => `198.51.100.${n}, 203.0.113.9`);
    expect(details).toHaveLength(6);
    expect(details[0]).toContain('203.0.113.9');
  });

  test('of networks that are not where it came from: not at all', async () => {
    expect(await refused(['10.0.0.0/8'], own)).toHaveLength(6);
  });
});
