import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { DuckDBInstance } from '@duckdb/node-api';
import { afterAll, expect, test } from 'vitest';
import { digestOf, isSignedPath, openObjectStore, parquetOf, rowsOf, signedPath } from '../src/index.ts';
import { lookInto } from '../src/look.ts';
import { row, rows } from './rows.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-file-'));
afterAll(() => rmSync(folder, { recursive: true }));

const plain = (all: ReturnType<typeof rows>) =>
  all.map((one) => ({ ...one, document: Buffer.from(one.document).toString('hex') }));

test('what is written is read back, every column and byte of it; the same rows give the same file', async () => {
  const all = rows(2_345);
  const file = parquetOf(all);
  const back = await rowsOf(file);
  expect(plain(back)).toEqual(plain(all));
  expect(back.map(digestOf)).toEqual(all.map(digestOf));
  expect(Buffer.from(parquetOf(all)).equals(file)).toBe(true);
  expect(digestOf(row(1))).not.toBe(digestOf(row(1, { document: Buffer.from('another') })));
  expect(digestOf(row(1))).not.toBe(digestOf(row(1, { updatedAt: 1 })));
});

test('large documents make small row groups, and come back whole', async () => {
  const all = rows(12).map((one, n) => ({ ...one, document: Buffer.alloc(1_000_000, n) }));
  expect(plain(await rowsOf(parquetOf(all)))).toEqual(plain(all));
});

test('another engine (DuckDB) reads the same: types, counts, sums, and JSON out of the documents', async () => {
  const all = rows(2_000);
  const path = join(folder, 'some.parquet');
  writeFileSync(path, parquetOf(all));
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const ask = async (sql: string) => (await duck.runAndReadAll(sql)).getRowObjectsJson();
  const types = await ask(`select column_name, column_type from (describe select * from '${path}')`);
  expect(Object.fromEntries(types.map((one) => [one['column_name'], one['column_type']]))).toMatchObject({
    id: 'VARCHAR',
    status: 'VARCHAR',
    version: 'INTEGER',
    created_at: 'TIMESTAMP',
    document: 'BLOB',
    receipt_type_version: 'INTEGER',
  });
  const [sums] =
    await ask(`select count(*)::int as n, count(*) filter (status = 'FAILED')::int as failed, count(settled_at)::int as settled,
    count(failure)::int as failures, min(id) as first, max(id) as last, sum(octet_length(document))::int as bytes from '${path}'`);
  expect(sums).toEqual({
    n: 2_000,
    failed: 200,
    settled: 2_000,
    failures: 200,
    first: all[0]?.id,
    last: all.at(-1)?.id,
    bytes: all.reduce((sum, { document }) => sum + document.length, 0),
  });
  const [one] = await ask(
    `select epoch_ms(created_at)::bigint as ms, failure, hex(document) as doc, receipt_type from '${path}' where id = '${all[13]?.id}'`,
  );
  expect(one).toEqual({
    ms: String(all[13]?.createdAt),
    failure: all[13]?.failure,
    receipt_type: null,
    doc: Buffer.from(all[13]?.document ?? '')
      .toString('hex')
      .toUpperCase(),
  });
  const [json] = await ask(
    `select decode(document)::json ->> '$.total' as total from '${path}' where id = '${all[14]?.id}'`,
  );
  expect(json).toEqual({ total: '14.50' });
});

test('20 years on: a file of format 1 as it was once written is read in full', async () => {
  const bytes = readFileSync(new URL('./fixtures/format-1.parquet', import.meta.url));
  expect(plain(await rowsOf(bytes))).toEqual(plain(rows(25)));
  const place = new URL('./fixtures', import.meta.url).pathname;
  const look = lookInto(await openObjectStore({ type: 'folder', path: place }));
  const file = { path: 'format-1.parquet', firstId: row(0).id, lastId: row(24).id, bytes: bytes.length };
  expect(
    (await look.list([file], { limit: 100, status: 'FAILED' })).map(({ submission }) => submission.naturalId),
  ).toEqual(['#key-23', '#key-13', '#key-3']);
  expect(await look.find([file], row(8).id)).toMatchObject({
    submission: {
      naturalId: '#key-8',
      facts: { receiptType: 'till' },
      registrations: [{ leg: 'tax', reference: 'T-8' }],
    },
    fingerprint: row(8).fingerprint,
  });
  expect(await look.timeline([file], row(8).id)).toEqual([
    { at: row(8).createdAt, type: 'accepted' },
    { at: row(8).createdAt + 1_000, type: 'status', from: 'PENDING', to: 'PROCESSING' },
  ]);
  expect(await look.document([file], row(8).id)).toEqual(new Uint8Array(row(8).document));
});

test('a file of a format to come is refused by name', async () => {
  const later = Buffer.from(parquetOf(rows(1)));
  const at = later.indexOf('countersign.format') + 'countersign.format'.length;
  later[later.indexOf('1', at)] = '7'.charCodeAt(0);
  await expect(rowsOf(later)).rejects.toThrow(/is of format 7; this version reads 1 to 1/);
});

test('a signed path is good for that file, until its end, under that secret', () => {
  const secret = Buffer.from('secret');
  const given = Object.fromEntries(new URLSearchParams(signedPath(secret, 'a/b.parquet', 1_000))) as {
    expires: string;
    signature: string;
  };
  expect(isSignedPath(secret, 'a/b.parquet', given, 999)).toBe(true);
  expect(isSignedPath(secret, 'a/b.parquet', given, 1_001)).toBe(false);
  expect(isSignedPath(secret, 'a/c.parquet', given, 999)).toBe(false);
  expect(isSignedPath(Buffer.from('other'), 'a/b.parquet', given, 999)).toBe(false);
  expect(isSignedPath(secret, 'a/b.parquet', { ...given, expires: '2000' }, 999)).toBe(false);
  expect(isSignedPath(secret, 'a/b.parquet', { expires: 'NaN', signature: '' }, 999)).toBe(false);
});
