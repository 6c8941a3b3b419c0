import { createHash } from 'node:crypto';
import { appendFile, rm } from 'node:fs/promises';
import { join } from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { KIND, midnight, openArchiveStage, type ArchiveStage } from './archive-stage.ts';

let stage: ArchiveStage;
beforeAll(async () => {
  stage = await openArchiveStage();
});
afterAll(() => stage?.close());

const HOUR = 3_600_000;
const partition = (ms: number) => `original_${new Date(ms).toISOString().slice(0, 10).replaceAll('-', '')}`;
const isThere = async (table: string) =>
  (await stage.plain.query('select to_regclass($1) as t', [table])).rows[0].t !== null;
const OF_A_RECEIPT = ['registration', 'history', 'callback', 'document', 'webhook', 'dead_letter', 'agenda'];
const rowsOf = async (id: string) => {
  let sum = 0;
  for (const table of OF_A_RECEIPT)
    sum += (await stage.plain.query(`select from ${table} where submission_id = $1`, [id])).rowCount ?? 0;
  return sum;
};

test('a day that is old enough moves whole; everything is shown as before, and nothing of it is left in PostgreSQL but its key', async () => {
  const day = midnight(40);
  await stage.makeDay(day);
  const made = [
    await stage.receipt({ atMs: day, document: '{"a":1}', facts: { receiptType: 'till' } }),
    await stage.receipt({ atMs: day + HOUR, end: 'FAILED' }),
    await stage.receipt({
      atMs: day + 24 * HOUR - 1,
      document: Buffer.from([0xff, 0xfe, 0, 1, 0x3c]),
      contentType: 'text/xml; charset=utf-16',
    }),
  ];
  await stage.plain.query(
    `insert into webhook (submission_id, leg, digest, id, provider, word, received_at, applied_at) values ($1, 'tax', '\\x01', gen_random_uuid(), 'tax', '{"status":"DONE"}', now(), now())`,
    [made[0]?.id],
  );
  const before = await Promise.all(made.map(({ id }) => stage.shown(id)));
  expect(before[0]?.submission).toMatchObject({
    status: 'COMPLETED',
    facts: { receiptType: 'till', fiscalCode: 'F-1' },
  });
  expect(await stage.run()).toEqual({ days: 1, files: 1, rows: 3, postponed: 0 });
  expect(await isThere(partition(day))).toBe(false);
  expect(await stage.count('submission')).toBe(0);
  expect(await stage.count('archived_key')).toBe(3);
  for (const [at, { id, bytes }] of made.entries()) {
    expect(await rowsOf(id)).toBe(0);
    const now = await stage.shown(id);
    expect(now).toEqual(before[at]);
    expect(now?.document.equals(bytes)).toBe(true);
  }
  expect((await stage.shown(made[1]?.id ?? ''))?.timeline.map(({ type }) => type)).toEqual([
    'accepted',
    'status',
    'attempt',
    'status',
  ]);
  expect(await stage.run()).toEqual({ days: 0, files: 0, rows: 0, postponed: 0 });
});

test('whoever is younger than 30 days stays; so does its day', async () => {
  const day = midnight(30);
  await stage.makeDay(day);
  const { id } = await stage.receipt({ atMs: day + 24 * HOUR - 1 });
  await stage.run();
  expect(await isThere(partition(day))).toBe(true);
  expect(await stage.plain.query('select from submission where id = $1', [id])).toMatchObject({ rowCount: 1 });
});

test('what is unfinished stays behind with its document while its day goes, and follows once it has its end', async () => {
  const day = midnight(50);
  await stage.makeDay(day);
  const unresolved = await stage.receipt({ atMs: day + HOUR, end: 'UNRESOLVED', document: 'unresolved' });
  const waiting = await stage.receipt({ atMs: day + 2 * HOUR, document: 'waiting' });
  await stage.plain.query(`update callback set status = 'WAITING' where submission_id = $1`, [waiting.id]);
  const dead = await stage.receipt({ atMs: day + 3 * HOUR });
  await stage.plain.query(
    `insert into dead_letter (id, submission_id, client_id, kind, step, code, message, at)
     select gen_random_uuid(), id, client_id, kind, 'notify', 'X', 'x', now() from submission where id = $1`,
    [dead.id],
  );
  const moved = await stage.receipt({ atMs: day + 4 * HOUR });
  expect(await stage.run()).toMatchObject({ days: 1, rows: 1, postponed: 0 });
  expect(await isThere(partition(day))).toBe(false);
  for (const one of [unresolved, waiting, dead, moved])
    expect((await stage.shown(one.id))?.document.equals(one.bytes)).toBe(true);
  const kept = await stage.plain.query('select left_behind from archive_day where day = $1', [
    new Date(day).toISOString().slice(0, 10),
  ]);
  expect(kept.rows).toEqual([{ left_behind: 3 }]);
  expect(
    (await stage.store.submissions.resolve(unresolved.id, { status: 'FAILED', reason: 'asked', actor: 'me' })).type,
  ).toBe('done');
  await stage.plain.query(`update callback set status = 'DELIVERED' where submission_id = $1`, [waiting.id]);
  await stage.plain.query(`update dead_letter set replayed_at = now() where submission_id = $1`, [dead.id]);
  await stage.plain.query('delete from agenda');
  const before = await stage.shown(unresolved.id);
  expect(await stage.run()).toMatchObject({ days: 0, rows: 3 });
  expect(await stage.shown(unresolved.id)).toEqual(before);
  expect(before?.timeline.at(-1)).toMatchObject({ actor: 'me', reason: 'asked' });
  expect(await stage.plain.query('select from original_rest')).toMatchObject({ rowCount: 0 });
  expect((await stage.shown(dead.id))?.document.equals(dead.bytes)).toBe(true);
});

test('a document that came before its day was made moves too', async () => {
  const lone = await stage.receipt({ atMs: midnight(55) });
  expect(await stage.run()).toMatchObject({ days: 0, rows: 1 });
  expect((await stage.shown(lone.id))?.document.equals(lone.bytes)).toBe(true);
  expect(await stage.count('original_rest')).toBe(0);
});

test('the same key after the move is the same receipt, in parallel too; with another body it is a reuse; nothing is made', async () => {
  const old = await stage.receipt({ atMs: midnight(60), key: 'the key', document: '{"the":"document"}' });
  await stage.run();
  const again = { ...old.draft, id: crypto.randomUUID() };
  const answers = await Promise.all(
    Array.from({ length: 20 }, () => stage.store.intake.accept({ ...again, id: crypto.randomUUID() })),
  );
  for (const answer of answers)
    expect(answer).toMatchObject({ type: 'replayed', submission: { id: old.id, status: 'COMPLETED' } });
  const other = { ...again, fingerprint: createHash('sha256').update('other').digest('hex') };
  expect(await stage.store.intake.accept(other)).toMatchObject({ type: 'reused', submission: { id: old.id } });
  expect(
    await stage.store.intake.accept({ ...again, id: crypto.randomUUID(), clientId: crypto.randomUUID() }),
  ).toMatchObject({ type: 'created' });
  expect(
    await stage.plain.query('select from submission where client_id = $1 and natural_id = $2', [
      stage.clientId,
      '#the key',
    ]),
  ).toMatchObject({ rowCount: 0 });
});

test('while receipts move, the same keys come in again and again: each is the receipt it was, and none is made twice', async () => {
  const old: Awaited<ReturnType<typeof stage.receipt>>[] = [];
  for (let n = 0; n < 60; n += 1) old.push(await stage.receipt({ atMs: midnight(61) + n * 1_000 }));
  let moving = true;
  const insisting = Array.from({ length: 4 }, async (_, lane) => {
    const seen: string[] = [];
    for (let n = lane; moving; n += 4) {
      const { id, draft } = old[n % old.length] ?? expect.fail();
      const answer = await stage.store.intake.accept({ ...draft, id: crypto.randomUUID() });
      if (answer.type !== 'replayed' || answer.submission.id !== id) seen.push(`${id} is ${answer.type}`);
    }
    return seen;
  });
  // As the job does it in earnest.
  expect(await stage.run((hands) => hands, 3_000)).toMatchObject({ rows: 60, postponed: 0 });
  moving = false;
  expect((await Promise.all(insisting)).flat()).toEqual([]);
  expect(
    await stage.plain.query(`select from submission where natural_id = any($1)`, [
      old.map(({ draft }) => draft.naturalId),
    ]),
  ).toMatchObject({ rowCount: 0 });
});

test('a list goes on from the database into the archive: every receipt once, in order, whatever the page', async () => {
  const { client } = await stage.store.clients.create({ name: 'another shop' });
  const ids: string[] = [];
  for (const [daysAgo, count] of [
    [3, 4],
    [70, 7],
    [71, 1],
    [75, 6],
  ] as const) {
    const day = midnight(daysAgo);
    for (let at = 0; at < count; at += 1) {
      const end = at % 3 === 0 ? 'FAILED' : 'COMPLETED';
      ids.push((await stage.receipt({ atMs: day + at * HOUR, clientId: client.id, end })).id);
    }
  }
  const straggler = await stage.receipt({ atMs: midnight(70) + 90_000, clientId: client.id, end: 'UNRESOLVED' });
  ids.push(straggler.id);
  ids.sort().reverse();
  expect(await stage.run()).toMatchObject({ rows: 14 });
  const all = async (limit: number, more: object = {}) => {
    const seen: string[] = [];
    for (let cursor: string | undefined; ;) {
      const page = await stage.store.submissions.list({
        clientId: client.id,
        kind: KIND,
        limit,
        ...more,
        ...(cursor ? { cursor } : {}),
      });
      expect(page.items.length).toBeLessThanOrEqual(limit);
      seen.push(...page.items.map(({ submission }) => submission.id));
      if (page.nextCursor === null) return seen;
      cursor = page.nextCursor;
    }
  };
  for (const limit of [1, 2, 3, 5, 7, 18, 100]) expect(await all(limit), `pages of ${limit}`).toEqual(ids);
  const failed = await all(4, { status: 'FAILED' });
  expect(failed).toHaveLength(2 + 3 + 1 + 2);
  expect(failed).toEqual(ids.filter((id) => failed.includes(id)));
  expect(await all(3, { status: 'UNRESOLVED' })).toEqual([straggler.id]);
  expect(await all(3, { from: midnight(71), to: midnight(70) + 2 * HOUR })).toHaveLength(1 + 3 + 1);
  expect(await all(3, { from: midnight(75), to: midnight(75) })).toHaveLength(1);
  // Nobody sees another's.
  const others = await stage.store.submissions.list({ clientId: stage.clientId, kind: KIND, limit: 1_000 });
  expect(others.items.filter(({ submission }) => ids.includes(submission.id))).toEqual([]);
  expect(await stage.shown(ids.at(-1) ?? '', stage.clientId)).toBeUndefined();
  // What stayed behind and moves later lies in a second file of its day.
  await stage.store.submissions.resolve(straggler.id, { status: 'COMPLETED', reason: 'x', actor: 'y' });
  await stage.plain.query('delete from agenda');
  expect(await stage.run()).toMatchObject({ rows: 1, files: 1 });
  for (const limit of [1, 3, 100]) expect(await all(limit)).toEqual(ids);
});

test('a file that does not give back what the database holds moves nothing; the next run does', async () => {
  const one = await stage.receipt({ atMs: midnight(80) });
  const rotten = await stage.run((hands) => ({
    ...hands,
    objects: {
      ...hands.objects,
      put: async (path, bytes) => {
        await hands.objects.put(path, bytes);
        if (path.endsWith('.parquet')) await appendFile(join(stage.folder, path), 'x');
      },
    },
  }));
  expect(rotten).toMatchObject({ files: 0, postponed: 1 });
  expect(await stage.plain.query('select from submission where id = $1', [one.id])).toMatchObject({ rowCount: 1 });
  expect(await stage.run()).toMatchObject({ files: 1, postponed: 0 });
});

test('who is touched between writing and moving stays as it is now', async () => {
  const touched = await stage.receipt({ atMs: midnight(81) });
  const report = await stage.run((hands) => ({
    ...hands,
    objects: {
      ...hands.objects,
      put: async (path, bytes) => {
        await hands.objects.put(path, bytes);
        if (path.endsWith('.parquet'))
          await stage.plain.query(`update callback set attempts = attempts + 1 where submission_id = $1`, [touched.id]);
      },
    },
  }));
  expect(report).toMatchObject({ files: 0, postponed: 1 });
  expect(await stage.run()).toMatchObject({ files: 1 });
});

test('a folder without the mark of this archive, or with that of another, is given nothing', async () => {
  const { id } = await stage.receipt({ atMs: midnight(82) });
  const mark = join(stage.folder, 'countersign-archive.json');
  const kept = await stage.objects.get('countersign-archive.json');
  await rm(mark);
  await expect(stage.run()).rejects.toThrow(/is the right folder mounted/);
  await stage.objects.put('countersign-archive.json', Buffer.from('{"archive":"another"}\n'));
  await expect(stage.run()).rejects.toThrow(/another database/);
  expect(await stage.plain.query('select from submission where id = $1', [id])).toMatchObject({ rowCount: 1 });
  await stage.objects.put('countersign-archive.json', kept ?? Buffer.alloc(0));
  expect(await stage.run()).toMatchObject({ rows: 1 });
});

test('one job at a time: who comes second is told so', async () => {
  const first = await stage.store.archive.openJob();
  expect(first).toBeDefined();
  expect(await stage.store.archive.openJob()).toBeUndefined();
  await first?.close();
});
