import { keyedId, type Status } from '@countersign/flow';
import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { accepted, DONE, draft, LOST, OPEN, REFUSED, shelf } from './shelf.ts';

const here = shelf();

test('found by its natural id, by its own client only; administrators also by submissionId', async () => {
  const { id, naturalId, body } = await accepted(here);
  const found = { submission: { id }, body, contentType: 'application/json' };
  const find = (wanted: object) => here.store.submissions.find({ kind: 'transaction', id: naturalId, ...wanted });
  expect(await find({ clientId: here.clientId })).toMatchObject(found);
  expect(await find({ clientId: newId() })).toBeUndefined();
  expect(await find({ clientId: here.clientId, kind: 'payout' })).toBeUndefined();
  expect(await find({})).toMatchObject(found);
  expect(await find({ id })).toMatchObject(found);
  expect(await find({ id: 'nobody' })).toBeUndefined();
});

test('the same natural id of several clients: every one of them is named, newest first', async () => {
  const { id, naturalId } = await accepted(here);
  expect(await here.store.submissions.namesakes('transaction', naturalId)).toEqual([
    { submissionId: id, clientId: here.clientId },
  ]);
  const { client } = await here.store.clients.create({ name: 'another' });
  const later = draft(client.id, { naturalId });
  await here.store.intake.accept(later);
  expect(await here.store.submissions.namesakes('transaction', naturalId)).toEqual([
    { submissionId: later.id, clientId: client.id },
    { submissionId: id, clientId: here.clientId },
  ]);
  expect(await here.store.submissions.namesakes('payout', naturalId)).toEqual([]);
});

test('one known by its idempotency key only is found by our id, by its own client only', async () => {
  const { id } = await accepted(here, [], { naturalId: keyedId(newId()) });
  const { id: named } = await accepted(here);
  const find = (wanted: object) => here.store.submissions.find({ kind: 'transaction', id, ...wanted });
  expect(await find({ clientId: here.clientId })).toMatchObject({ submission: { id } });
  expect(await find({ clientId: newId() })).toBeUndefined();
  expect(await find({ clientId: here.clientId, id: named })).toBeUndefined();
});

test('lists are newest first, page by page, and hold what the filters say', async () => {
  const kind = 'receipt';
  const made = [];
  for (let at = 0; at < 7; at += 1) made.push(await accepted(here, at % 2 ? [OPEN, DONE] : [OPEN], { kind }));
  const ids = made.map(({ id }) => id).reverse();
  const all = async (query: object) => {
    const seen: string[] = [];
    for (let cursor: string | null | undefined; cursor !== null;) {
      const page = await here.store.submissions.list({
        clientId: here.clientId,
        kind,
        limit: 3,
        ...query,
        ...(cursor === undefined ? {} : { cursor }),
      });
      seen.push(...page.items.map(({ submission }) => submission.id));
      cursor = page.nextCursor;
    }
    return seen;
  };
  expect(await all({})).toEqual(ids);
  expect(await all({ limit: 7 })).toEqual(ids);
  expect(await all({ clientId: newId() })).toEqual([]);
  expect(await all({ status: 'COMPLETED' })).toEqual(
    made
      .filter(({ status }) => status === 'COMPLETED')
      .map(({ id }) => id)
      .reverse(),
  );
  const [third, fifth] = [made[2]?.createdAt ?? 0, made[4]?.createdAt ?? 0];
  const between = made
    .filter(({ createdAt }) => createdAt >= third && createdAt <= fifth)
    .map(({ id }) => id)
    .reverse();
  expect(await all({ from: third, to: fifth })).toEqual(between);
  const page = await here.store.submissions.list({ kind, limit: 100 });
  expect(page.items.map(({ submission }) => submission.id)).toEqual(ids);
  await expect(here.store.submissions.list({ kind, limit: 1, cursor: '??' })).rejects.toMatchObject({
    name: 'BadCursor',
  });
});

test('a status that is rare among many: those that failed are a list of their own, for others a page ends after 100,000 rows', async () => {
  const { client } = await here.store.clients.create({ name: 'of many' });
  const { id: failed } = await accepted({ ...here, store: here.store, clientId: client.id }, [OPEN, REFUSED], {
    kind: 'receipt',
  });
  const { id: pending } = await accepted({ ...here, store: here.store, clientId: client.id }, [], { kind: 'receipt' });
  await here.query(
    `insert into submission (id, client_id, kind, natural_id, status, created_at, updated_at, fingerprint)
     select ('ffffffff-0000-7000-8000-' || lpad(n::text, 12, '0'))::uuid, $1, 'receipt', n, 'COMPLETED', now(), now(), ''
     from generate_series(1, 150000) n`,
    [client.id],
  );
  const list = async (query: object) =>
    await here.store.submissions.list({ clientId: client.id, kind: 'receipt', limit: 10, ...query });
  const ids = async (query: object) => (await list(query)).items.map(({ submission }) => submission.id);
  expect(await list({ status: 'FAILED' })).toMatchObject({ items: [{ submission: { id: failed } }], nextCursor: null });
  expect(await ids({ status: 'UNRESOLVED' })).toEqual([]);
  const first = await list({ status: 'PENDING' });
  expect(first).toMatchObject({ items: [], nextCursor: expect.any(String) });
  const second = await list({ status: 'PENDING', cursor: first.nextCursor });
  expect(second).toMatchObject({ items: [{ submission: { id: pending } }], nextCursor: null });
});

test('who is unresolved is listed as long as it is, and who is gone is not', async () => {
  const { client } = await here.store.clients.create({ name: 'unresolved' });
  const made = await accepted({ ...here, store: here.store, clientId: client.id }, [OPEN, LOST], { kind: 'receipt' });
  const of = async (status: Status) =>
    (await here.store.submissions.list({ clientId: client.id, kind: 'receipt', limit: 10, status })).items.length;
  expect([await of('UNRESOLVED'), await of('FAILED')]).toEqual([1, 0]);
  await here.store.cellar.commit(made, REFUSED);
  expect([await of('UNRESOLVED'), await of('FAILED')]).toEqual([0, 1]);
  await here.query('delete from submission where id = $1', [made.id]);
  expect(await here.query('select from unhappy_end where id = $1', [made.id])).toEqual([]);
});

test('waitForMove ends when the status moves, at the time given, and when the caller goes away', async () => {
  const submission = await accepted(here, [OPEN]);
  const wait = (ms: number, signal?: AbortSignal) =>
    here.store.submissions.waitForMove(submission.id, 'PROCESSING', ms, signal);
  expect(await wait(150)).toBe(false);
  const caller = new AbortController();
  const gone = wait(20_000, caller.signal);
  caller.abort();
  expect(await gone).toBe(false);
  const waits = Array.from({ length: 50 }, () => wait(20_000));
  await here.store.cellar.commit(submission, { entries: [{ type: 'poll' }] });
  await here.store.cellar.commit({ ...submission, version: submission.version + 1 }, DONE);
  expect(new Set(await Promise.all(waits))).toEqual(new Set([true]));
  expect(await wait(20_000)).toBe(true);
});

test('the timeline of nothing is empty', async () => {
  expect(await here.store.submissions.timeline(newId())).toEqual([]);
  expect(await here.store.submissions.timeline('no uuid')).toEqual([]);
});

test('readiness is true of a migrated database', async () => {
  await here.store.ping();
});
