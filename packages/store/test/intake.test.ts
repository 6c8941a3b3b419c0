import { expect, test } from 'vitest';
import { newId, openStore } from '../src/index.ts';
import { accepted, draft, loaded, OPEN, shelf } from './shelf.ts';

const here = shelf();

test('of 200 parallel duplicates over two processes exactly one creates, and all others see it', async () => {
  const other = openStore({ databaseUrl: here.url, applicationName: 'other' });
  const naturalId = `same-${newId()}`;
  const drafts = Array.from({ length: 200 }, () => draft(here.clientId, { naturalId, body: '{"a":1}' }));
  const answers = await Promise.all(drafts.map((one, at) => (at % 2 ? here.store : other).intake.accept(one)));
  const created = drafts.filter((_, at) => answers[at]?.type === 'created');
  expect(created).toHaveLength(1);
  const replayed = answers.flatMap((answer) => (answer.type === 'replayed' ? [answer] : []));
  expect(replayed).toHaveLength(199);
  expect(new Set(replayed.map((answer) => answer.submission.id))).toEqual(new Set([created[0]?.id]));
  expect(replayed[0]?.body).toBe('{"a":1}');
  const [counts] = await here.query(
    `select (select count(*)::int from submission where natural_id = $1) as submissions,
      (select count(*)::int from document where submission_id = any($2)) as documents,
      (select count(*)::int from agenda where submission_id = any($2)) as agenda`,
    [naturalId, drafts.map((one) => one.id)],
  );
  expect(counts).toEqual({ submissions: 1, documents: 1, agenda: 1 });
  await other.close();
});

test('requests that come together share a commit, and it is told how many did', async () => {
  const shared: number[] = [];
  const other = openStore({
    databaseUrl: here.url,
    applicationName: 'other',
    onAccepted: (rows) => void shared.push(rows),
  });
  await Promise.all(Array.from({ length: 100 }, () => other.intake.accept(draft(here.clientId))));
  await other.close();
  expect(shared.reduce((sum, rows) => sum + rows, 0)).toBe(100);
  expect(shared.length).toBeLessThan(20);
});

test('the same key with another body is a reuse, of another client or kind it is new', async () => {
  const first = draft(here.clientId);
  await here.store.intake.accept(first);
  const again = (part: object) =>
    here.store.intake.accept(draft(here.clientId, { naturalId: first.naturalId, ...part }));
  expect(await again({ body: '{"other":1}' })).toMatchObject({ type: 'reused', submission: { id: first.id } });
  expect(await again({ clientId: newId() })).toMatchObject({ type: 'created' });
  expect(await again({ kind: 'payout' })).toMatchObject({ type: 'created' });
});

test('the same draft again is the same acceptance: created, at the same time, as often as it is sent', async () => {
  const one = draft(here.clientId);
  const first = await here.store.intake.accept(one);
  expect(first).toMatchObject({ type: 'created' });
  expect(await here.store.intake.accept(one)).toEqual(first);
  expect(await Promise.all([one, one, one].map((same) => here.store.intake.accept(same)))).toEqual([
    first,
    first,
    first,
  ]);
});

test('what was accepted is loaded exactly: digits, order, escapes, text that looks like an escape', async () => {
  const body = '{ "b": 1.2300,"a":"\\u0000 \\\\u0000 ü 𝄞 \\ud800" }';
  const traceparent = '00-1-2-01';
  const submission = await accepted(here, [], {
    body,
    traceparent,
    callbackUrl: null,
    contentType: 'application/json; charset=utf-8',
  });
  expect(submission).toMatchObject({
    body,
    traceparent,
    callbackUrl: null,
    contentType: 'application/json; charset=utf-8',
    status: 'PENDING',
    version: 1,
    failure: null,
    facts: {},
    registrations: [],
    settledAt: null,
    clientId: here.clientId,
  });
  expect(submission.createdAt).toBe(submission.updatedAt);
  expect(Math.abs(submission.createdAt - Date.now())).toBeLessThan(5_000);
  expect(submission.readAt.databaseMs).toBeGreaterThanOrEqual(submission.createdAt);
});

test('a replay shows the submission as it stands now', async () => {
  const submission = await accepted(here, [OPEN]);
  const again = draft(here.clientId, { naturalId: submission.naturalId, body: submission.body });
  const answer = await here.store.intake.accept(again);
  const {
    body: _body,
    contentType: _type,
    readAt: _read,
    unheard: _webhooks,
    ...plain
  } = await loaded(here.store, submission.id);
  expect(answer).toEqual({
    type: 'replayed',
    submission: plain,
    body: submission.body,
    contentType: submission.contentType,
  });
});

test('a body with a NUL fails alone and by name', async () => {
  const good = draft(here.clientId);
  const bad = draft(here.clientId, { body: 'a\0b' });
  const [one, other] = await Promise.allSettled([here.store.intake.accept(good), here.store.intake.accept(bad)]);
  expect(one).toMatchObject({ status: 'fulfilled', value: { type: 'created' } });
  expect(other).toMatchObject({ status: 'rejected', reason: { name: 'TerminalError', code: 'UNSTORABLE' } });
});

test('a row PostgreSQL refuses fails alone; its neighbours are accepted', async () => {
  const good = Array.from({ length: 20 }, () => draft(here.clientId));
  const bad = draft(here.clientId, { fingerprint: 'no hex' });
  const all = [...good.slice(0, 10), bad, ...good.slice(10)];
  const answers = await Promise.allSettled(all.map((one) => here.store.intake.accept(one)));
  expect(answers.filter((answer) => answer.status === 'rejected')).toHaveLength(1);
  expect(answers[10]).toMatchObject({ status: 'rejected' });
});
