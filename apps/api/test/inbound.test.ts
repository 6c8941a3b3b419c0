import { webhookToken } from '@countersign/providers';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor, transaction, type Stage } from './stage.ts';

let door: Stage;
let key: string;
beforeAll(async () => {
  door = await openDoor();
  key = (await door.client()).key;
});
afterAll(async () => await door.close());

async function submitted() {
  const answer = await door.call('/v1/transactions', { key, json: transaction() });
  expect(answer).toMatchObject({ status: 202 });
  const { submissionId } = answer.json;
  const submission = await door.store.cellar.load(submissionId);
  if (!submission) throw new Error('no such submission');
  const registrations = [{ leg: 'registry', provider: 'registry', idempotencyKey: submissionId }];
  await door.store.cellar.commit(submission, { status: 'PROCESSING', registrations, agendaInMs: 60_000 });
  const token = webhookToken(await door.store.webhooks.tokenSecret(), 'registry', submissionId);
  return { submissionId, url: `/webhooks/registry/${token}` };
}

const say = (id: string, status = 'completed') => ({ id, status });

test('204: kept, and a settle ticket is on its way', async () => {
  const { submissionId, url } = await submitted();
  const answer = await door.call(url, { json: say(submissionId) });
  expect(answer.status).toBe(204);
  expect(answer.text).toBe('');
  await until(async () => (await door.producer.backlog()).settle.waiting > 0, { label: 'a settle ticket' });
});

test('204: twenty parallel copies, and an exact repeat later, are kept once', async () => {
  const { submissionId, url } = await submitted();
  const answers = await Promise.all(
    Array.from({ length: 20 }, async () => await door.call(url, { json: say(submissionId) })),
  );
  expect(answers.map((answer) => answer.status)).toEqual(Array(20).fill(204));
  expect((await door.call(url, { json: say(submissionId) })).status).toBe(204);
  const { text } = await door.call('/metrics');
  expect(text).toMatch(/countersign_webhooks_received_total\{provider="registry",outcome="repeat"\} \d\d/);
});

test('204: a word we do not know is kept too: it settles nothing', async () => {
  const { submissionId, url } = await submitted();
  expect((await door.call(url, { json: say(submissionId, 'archived') })).status).toBeLessThan(500);
});

test('401: a forged, torn, foreign or missing token, whatever the body says', async () => {
  const { submissionId, url } = await submitted();
  const foreign = webhookToken(Buffer.alloc(32, 7), 'registry', submissionId);
  const elsewhere = webhookToken(await door.store.webhooks.tokenSecret(), 'tax', submissionId);
  for (const bad of [
    `${url}A`,
    url.slice(0, -3),
    `/webhooks/registry/${foreign}`,
    `/webhooks/registry/${elsewhere}`,
    '/webhooks/registry/x',
    '/webhooks/registry',
  ]) {
    const answer = await door.call(bad, { json: say(submissionId) });
    expect([bad.slice(0, 25), answer.status]).toEqual([bad.slice(0, 25), 401]);
    expect(answer.headers['www-authenticate']).toBeDefined();
  }
  expect((await door.call('/webhooks/registry/x', { text: '{broken' })).status).toBe(401);
  expect((await door.call('/webhooks/registry/x', { key, json: say(submissionId) })).status).toBe(401);
});

test("404: a good token with another submission's id, and a submission we do not have", async () => {
  const [mine, other] = [await submitted(), await submitted()];
  expect((await door.call(mine.url, { json: say(other.submissionId) })).status).toBe(404);
  const gone = '0199d0a2-0000-7000-8000-00000000dead';
  const token = webhookToken(await door.store.webhooks.tokenSecret(), 'registry', gone);
  expect((await door.call(`/webhooks/registry/${token}`, { json: say(gone) })).status).toBe(404);
  expect((await door.call('/webhooks/nobody/x', { json: {} })).status).toBe(404);
});

test('400: proven but malformed', async () => {
  const { submissionId, url } = await submitted();
  for (const text of ['', '{', '[]', '{"id":1}', JSON.stringify({ id: submissionId })]) {
    const answer = await door.call(url, { text, headers: { 'content-type': 'application/json' } });
    expect([text, answer.status]).toEqual([text, 400]);
    expect(answer.headers['content-type']).toContain('application/problem+json');
  }
});

test('204: the bytes count, not the content type they claim', async () => {
  const { submissionId, url } = await submitted();
  expect(
    (await door.call(url, { text: JSON.stringify(say(submissionId)), headers: { 'content-type': 'text/plain' } }))
      .status,
  ).toBe(204);
  const { submissionId: id, url: path } = await submitted();
  expect((await door.call(path, { text: JSON.stringify(say(id)) })).status).toBe(204);
});

test('413: more than 256 KiB', async () => {
  const { submissionId, url } = await submitted();
  expect((await door.call(url, { json: { ...say(submissionId), more: 'x'.repeat(300_000) } })).status).toBe(413);
});
