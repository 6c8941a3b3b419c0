import { randomBytes } from 'node:crypto';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { newId, openStore } from '../src/index.ts';
import { accepted, draft, loaded, shelf } from './shelf.ts';

const here = shelf();
const document = (bytes: Uint8Array) =>
  draft(here.clientId, { kind: 'receipt', body: '', bytes, contentType: 'text/xml; charset=windows-1251' });

test('a document comes back byte for byte, whatever its bytes, and is smaller at rest', async () => {
  const all = [Buffer.from([0, 255, 254, 10, 0]), randomBytes(1_000_000), Buffer.from('<a>1</a>'.repeat(500))];
  const drafts = all.map(document);
  await Promise.all(drafts.map((one) => here.store.intake.accept(one)));
  for (const [at, { id }] of drafts.entries()) {
    const kept = await here.store.cellar.document(id);
    expect(all[at]?.equals(kept ?? Buffer.alloc(0))).toBe(true);
    expect(await loaded(here.store, id)).toMatchObject({ body: '', contentType: 'text/xml; charset=windows-1251' });
  }
  const [{ rest } = { rest: 0 }] = await here.query<{ rest: number }>(
    'select length(bytes) as rest from original where submission_id = $1',
    [drafts[2]?.id],
  );
  expect(rest).toBeLessThan(400);
});

test('what came as text has no document; what nobody sent neither', async () => {
  const { id } = await accepted(here);
  expect(await here.store.cellar.document(id)).toBeUndefined();
  expect(await here.store.cellar.document(newId())).toBeUndefined();
});

test('documents and texts that come together: each kind in its own statement, duplicates of one are one', async () => {
  const one = document(Buffer.from('<one/>'));
  const same = { ...document(Buffer.from('<one/>')), naturalId: one.naturalId };
  const answers = await Promise.all(
    [one, same, draft(here.clientId), { ...one, id: newId(), fingerprint: 'ab' }].map((each) =>
      here.store.intake.accept(each),
    ),
  );
  expect(answers.map(({ type }) => type).sort()).toEqual(['created', 'created', 'replayed', 'reused']);
});

test('facts it was accepted with stand from the first version on', async () => {
  const made = { ...document(Buffer.from('<a/>')), facts: { receiptType: 'till' } };
  await here.store.intake.accept(made);
  expect(await loaded(here.store, made.id)).toMatchObject({ version: 1, facts: { receiptType: 'till' } });
});

test('definitions: versions count on, the same body again is the same version, and another process sees each at once', async () => {
  const other = openStore({ databaseUrl: here.url, applicationName: 'other' });
  const put = (body: string, after?: number) =>
    here.store.definitions.put({
      kind: 'receipt',
      name: 'till',
      body: { body },
      actor: 'a',
      ...(after === undefined ? {} : { after }),
    });
  expect(await other.cellar.definitions('receipt')).toEqual([]);
  expect(await put('one', 1)).toEqual({ version: 2, isNew: true });
  expect(await other.cellar.definitions('receipt')).toEqual([{ name: 'till', version: 2, body: { body: 'one' } }]);
  expect(await put('one')).toEqual({ version: 2, isNew: false });
  expect(await put('two')).toEqual({ version: 3, isNew: true });
  expect(await other.cellar.definitions('receipt')).toEqual([{ name: 'till', version: 3, body: { body: 'two' } }]);
  expect(await other.cellar.definitions('payout')).toEqual([]);
  expect(await other.definitions.get('receipt', 'till', 2)).toMatchObject({ body: { body: 'one' }, createdBy: 'a' });
  const many = await Promise.all(Array.from({ length: 8 }, (_, at) => put(`at once ${at}`)));
  expect(new Set(many.map(({ version }) => version)).size).toBe(8);
  await other.close();
});

test('a definition that is committed after a later one is seen all the same', async () => {
  const slow = new Client({ connectionString: here.url });
  await slow.connect();
  try {
    const names = async () => (await here.store.cellar.definitions('late')).map(({ name }) => name);
    await slow.query('begin');
    await slow.query(
      `insert into definition (kind, name, version, body, created_by) values ('late', 'first', 1, '{}', 'a')`,
    );
    await here.store.definitions.put({ kind: 'late', name: 'second', body: {}, actor: 'a' });
    expect(await names()).toEqual(['second']);
    await slow.query('commit');
    expect(await names()).toEqual(['first', 'second']);
  } finally {
    await slow.end();
  }
});

test('a document that was read is not asked for again; what was read longest ago is, when 16 MB are full', async () => {
  const reader = openStore({ databaseUrl: here.url, applicationName: 'reader' });
  const locker = new Client({ connectionString: here.url });
  await locker.connect();
  try {
    const drafts = Array.from({ length: 20 }, () => document(randomBytes(1_000_000)));
    // One after the other: 20 MB in one statement are near its time limit on a slow disk.
    for (const one of drafts) await here.store.intake.accept(one);
    const [first, ...others] = drafts.map(({ id }) => id);
    const read = async (id = '') => (await reader.cellar.document(id))?.byteLength;
    expect(await Promise.all([read(first), read(first)])).toEqual([1_000_000, 1_000_000]);
    expect(await read(newId())).toBeUndefined();
    await locker.query('begin; lock table original in access exclusive mode');
    expect(await read(first)).toBe(1_000_000);
    await locker.query('rollback');
    for (const id of others) expect(await read(id)).toBe(1_000_000);
    await here.query('delete from original where submission_id = any($1)', [drafts.map(({ id }) => id)]);
    expect(await read(others.at(-1))).toBe(1_000_000);
    expect(await read(first)).toBeUndefined();
  } finally {
    await locker.end();
    await reader.close();
  }
});
