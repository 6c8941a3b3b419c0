import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, openDoor, transaction, type Stage } from './stage.ts';

let door: Stage;
beforeAll(async () => {
  door = await openDoor();
});
afterAll(async () => await door.close());

const admin = async (path: string, json?: unknown, method = 'POST') =>
  await door.call(path, { key: ADMIN_KEY, method, ...(json === undefined ? {} : { json }) });

/** One the worker has given up on: its registration is UNRESOLVED, with a dead letter. */
async function unresolved(code = 'POLL_TOO_OLD') {
  const client = await door.client();
  const body = transaction();
  const { json } = await door.call('/v1/transactions', { key: client.key, json: body });
  const path = `/v1/transactions/${body.id}`;
  const submission = await door.store.cellar.load(json.submissionId);
  if (!submission) throw new Error('no such submission');
  const leg = { leg: 'registry', provider: 'registry' };
  const failure = { code, provider: 'registry', message: 'it never said' };
  const begun = await door.store.cellar.commit(submission, {
    status: 'PROCESSING',
    registrations: [{ ...leg, idempotencyKey: submission.id }],
    agendaInMs: 60_000,
  });
  if (!begun) throw new Error('somebody else moved it');
  await door.store.cellar.commit(begun, {
    status: 'UNRESOLVED',
    failure,
    registrations: [{ ...leg, status: 'UNRESOLVED', failure }],
    entries: [{ type: 'status', from: 'PROCESSING', to: 'UNRESOLVED' }],
    deadLetters: [{ step: 'poll', ...leg, code, message: failure.message }],
    agendaInMs: null,
  });
  return { client, path, id: body.id, submissionId: String(json.submissionId) };
}

test('200: an operator settles what is UNRESOLVED; the timeline says who and why', async () => {
  const { client, path, submissionId } = await unresolved();
  const resolved = await admin(`/v1/transactions/${submissionId}/resolve`, {
    status: 'COMPLETED',
    reason: 'seen in their books',
  });
  expect(resolved.status).toBe(200);
  expect(resolved.json).toMatchObject({ status: 'COMPLETED', submissionId });
  const { json } = await door.call(`${path}/timeline`, { key: client.key });
  expect(json.data).toContainEqual(
    expect.objectContaining({ actor: 'admin', reason: 'seen in their books', to: 'COMPLETED' }),
  );
  const again = await admin(`/v1/transactions/${submissionId}/resolve`, { status: 'FAILED', reason: 'no' });
  expect(again.status).toBe(409);
  expect(again.json).toMatchObject({ type: 'urn:countersign:problem:conflict', existing: { status: 'COMPLETED' } });
});

test('409: what is not UNRESOLVED; 400: not a verdict; 404: not there; 403: not an administrator', async () => {
  const client = await door.client();
  const body = transaction();
  const { json } = await door.call('/v1/transactions', { key: client.key, json: body });
  const path = `/v1/transactions/${json.submissionId}/resolve`;
  expect((await admin(path, { status: 'COMPLETED', reason: 'x' })).status).toBe(409);
  expect((await admin(path, { status: 'PENDING', reason: 'x' })).status).toBe(400);
  expect((await admin(path, { status: 'FAILED' })).status).toBe(400);
  expect((await admin(path, { status: 'FAILED', reason: 'a\u0000' })).status).toBe(400);
  expect((await admin('/v1/transactions/none/resolve', { status: 'FAILED', reason: 'x' })).status).toBe(404);
  expect((await admin('/v1/transactions/%00/replay')).status).toBe(404);
  expect((await door.call(path, { key: client.key, json: { status: 'FAILED', reason: 'x' } })).status).toBe(403);
});

test("200: the client's own id is enough where one client has it, and clientId tells two apart", async () => {
  const one = await unresolved();
  expect(
    (await admin(`${one.path}/resolve?clientId=${one.client.id}`, { status: 'FAILED', reason: 'refunded' })).status,
  ).toBe(200);
  const two = await unresolved();
  expect((await admin(`${two.path}/resolve`, { status: 'FAILED', reason: 'refunded' })).status).toBe(200);
  expect((await admin(`${two.path}/resolve?clientId=${one.client.id}`, { status: 'FAILED', reason: 'x' })).status).toBe(
    404,
  );
});

test('409: an id that several clients use names them all and touches none', async () => {
  const one = await unresolved();
  const other = await door.client();
  const { id } = (await door.call(one.path, { key: one.client.key })).json;
  const theirs = await door.call('/v1/transactions', { key: other.key, json: transaction({ id }) });
  for (const [move, body] of [
    ['resolve', { status: 'FAILED', reason: 'x' }],
    ['replay', undefined],
  ] as const) {
    const { status, json } = await admin(`/v1/transactions/${id}/${move}`, body);
    expect([status, json.type]).toEqual([409, 'urn:countersign:problem:conflict']);
    expect(json.submissions).toEqual([
      { submissionId: theirs.json.submissionId, clientId: other.id },
      { submissionId: expect.any(String), clientId: one.client.id },
    ]);
    for (const { submissionId } of json.submissions) expect(json.detail).toContain(submissionId);
  }
  expect((await door.call(one.path, { key: one.client.key })).json.status).toBe('UNRESOLVED');
  const asked = await door.call(`/console/data/any/${id}`, { key: ADMIN_KEY });
  expect([asked.status, asked.json.submissions?.length]).toEqual([409, 2]);
  const verdict = { status: 'FAILED', reason: 'refunded' };
  expect((await admin(`/v1/transactions/${id}/resolve?clientId=${one.client.id}`, verdict)).status).toBe(200);
});

test('202: replay repeats what failed, and nothing else', async () => {
  const { path } = await unresolved();
  const replayed = await admin(`${path}/replay`);
  expect(replayed.status).toBe(202);
  expect(replayed.json.registrations[0]?.status).toBe('PENDING');
  const client = await door.client();
  const fresh = await door.call('/v1/transactions', { key: client.key, json: transaction() });
  expect((await admin(`/v1/transactions/${fresh.json.submissionId}/replay`)).status).toBe(409);
});

test('dead letters: by filter, counted by a dry run, replayed with progress', async () => {
  const code = 'A_CODE_OF_THIS_TEST';
  const made = [await unresolved(code), await unresolved(code)];
  const list = await admin(
    `/v1/dead-letters?error=${code}&provider=registry&kind=transaction&limit=1`,
    undefined,
    'GET',
  );
  expect(list.status).toBe(200);
  expect(list.json.data).toHaveLength(1);
  expect(list.json.data[0]).toMatchObject({
    submissionId: made[1]?.submissionId,
    code,
    step: 'poll',
    resourceId: made[1]?.id,
  });
  const rest = await admin(`/v1/dead-letters?error=${code}&limit=1&cursor=${list.json.nextCursor}`, undefined, 'GET');
  expect(rest.json.data[0]?.submissionId).toBe(made[0]?.submissionId);
  expect((await admin('/v1/dead-letters/replay', { error: code, dryRun: true })).json).toEqual({
    dryRun: true,
    total: 2,
  });
  const ordered = await admin('/v1/dead-letters/replay', { error: code, ratePerSecond: 10 });
  expect(ordered.status).toBe(202);
  const progress = await admin(ordered.headers.location ?? '', undefined, 'GET');
  expect(progress.json).toMatchObject({ id: ordered.json.id, total: 2, done: 0, status: 'RUNNING', actor: 'admin' });
  for (const [given, perSecond] of [
    [{}, 50],
    [{ rate: 7 }, 7],
    [{ ratePerSecond: 9 }, 9],
  ] as const) {
    const none = await admin('/v1/dead-letters/replay', { error: 'NOBODY_HAS_THIS', ...given });
    expect([none.status, none.json['ratePerSecond']]).toEqual([202, perSecond]);
  }
});

test('a dead letter leaves the list when its submission ends in another way', async () => {
  const { submissionId } = await unresolved('ENDED_IN_ANOTHER_WAY');
  const path = '/v1/dead-letters?error=ENDED_IN_ANOTHER_WAY';
  expect((await admin(path, undefined, 'GET')).json.data).toHaveLength(1);
  const stuck = await door.store.cellar.load(submissionId);
  if (!stuck) throw new Error('no such submission');
  const done = { leg: 'registry', provider: 'registry', status: 'DONE' } as const;
  const entries = [{ type: 'status', from: 'UNRESOLVED', to: 'COMPLETED' }] as const;
  expect(
    await door.store.cellar.commit(stuck, { status: 'COMPLETED', registrations: [done], entries: [...entries] }),
  ).toBeDefined();
  expect((await admin(path, undefined, 'GET')).json.data).toEqual([]);
  const dry = await admin('/v1/dead-letters/replay', { error: 'ENDED_IN_ANOTHER_WAY', dryRun: true });
  expect(dry.json.total).toBe(0);
});

test.each(['error=%00', 'from=x', 'limit=0', 'cursor=zz', 'nonsense=1'])('400: dead letters with %s', async (query) => {
  expect((await admin(`/v1/dead-letters?${query}`, undefined, 'GET')).status).toBe(400);
});
