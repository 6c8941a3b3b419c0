import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { Worker } from 'node:worker_threads';
import { afterAll, beforeAll, expect, test, vi } from 'vitest';
import { createArchiveReader, openObjectStore, parquetOf } from '../src/index.ts';
import { row, rows } from './rows.ts';
import { CREDENTIALS, startBucket } from './s3-stand-in.ts';

const folder = mkdtempSync(join(tmpdir(), 'countersign-reader-'));
let bucket: Awaited<ReturnType<typeof startBucket>>;
beforeAll(async () => {
  bucket = await startBucket();
});
afterAll(() => {
  bucket.close();
  rmSync(folder, { recursive: true });
});

const s3 = () => ({
  type: 's3' as const,
  bucket: 'receipts',
  prefix: 'a prefix/',
  region: 'eu-central-1',
  endpoint: bucket.endpoint,
  credentials: CREDENTIALS,
});
const parts = [rows(1_500), rows(700, 1_500), rows(40, 2_200)];
const all = parts.flat();

async function fill(location: Parameters<typeof openObjectStore>[0]) {
  const store = await openObjectStore(location);
  return await Promise.all(
    parts.map(async (part, n) => {
      const bytes = parquetOf(part);
      const path = `receipt/v1/client=x/day=2026-01-0${n + 1}/${n}.parquet`;
      await store.put(path, bytes);
      return { path, bytes: bytes.length, firstId: part[0]?.id ?? '', lastId: part.at(-1)?.id ?? '' };
    }),
  );
}

test.each([
  ['folder', () => ({ type: 'folder' as const, path: folder })],
  ['S3', s3],
])('a %s: put, get, slice, remove; lists and single receipts come out of the same files', async (_name, locate) => {
  const location = locate();
  const store = await openObjectStore(location);
  await store.put('one/two.json', Buffer.from('0123456789'));
  expect(Buffer.from((await store.get('one/two.json')) ?? '').toString()).toBe('0123456789');
  expect(Buffer.from(await store.slice('one/two.json', 2, 5)).toString()).toBe('234');
  await store.put('one/two.json', Buffer.from('again'));
  expect(Buffer.from((await store.get('one/two.json')) ?? '').toString()).toBe('again');
  await store.remove('one/two.json');
  await store.remove('one/two.json');
  expect(await store.get('one/two.json')).toBeUndefined();
  const files = await fill(location);
  const reader = createArchiveReader(location);
  const ids = async (query: Parameters<typeof reader.list>[1]) =>
    (await reader.list(files, query)).map(({ submission }) => submission.id);
  const newest = all.map(({ id }) => id).reverse();
  expect(await ids({ limit: 10_000 })).toEqual(newest);
  expect(await ids({ limit: 50 })).toEqual(newest.slice(0, 50));
  expect(await ids({ limit: 1_000, before: newest[700] ?? '' })).toEqual(newest.slice(701, 1_701));
  expect(await ids({ limit: 10_000, status: 'FAILED' })).toHaveLength(224);
  const [from, to] = [row(1_490).createdAt, row(1_510).createdAt];
  expect(await ids({ limit: 10_000, from, to })).toEqual(
    all
      .slice(1_490, 1_511)
      .map(({ id }) => id)
      .reverse(),
  );
  for (const n of [0, 999, 1_000, 1_499, 1_500, 2_239]) {
    expect((await reader.find(files, row(n).id))?.submission.naturalId).toBe(`#key-${n}`);
    expect(await reader.document(files, row(n).id)).toEqual(new Uint8Array(row(n).document));
  }
  expect(await reader.find(files, row(9_999).id)).toBeUndefined();
  expect(await reader.find(files, row(5).id.replace('-7000-', '-7001-'))).toBeUndefined();
  await reader.close();
  store.close();
});

test('one receipt out of a large file costs its index and its row group, not the file', async () => {
  const location = s3();
  const store = await openObjectStore(location);
  const large = rows(9_000).map((one, n) => ({ ...one, document: Buffer.from(`${n} `.repeat(400) + Math.sin(n)) }));
  const bytes = parquetOf(large);
  await store.put('large.parquet', bytes);
  const reader = createArchiveReader(location);
  const file = {
    path: 'large.parquet',
    bytes: bytes.length,
    firstId: large[0]?.id ?? '',
    lastId: large.at(-1)?.id ?? '',
  };
  bucket.asked.length = 0;
  expect(Buffer.from((await reader.document([file], row(4_321).id)) ?? '').toString()).toContain('4321 ');
  const read = bucket.asked
    .map((line) => /bytes=(\d+)-(\d+)/.exec(line))
    .reduce((sum, range) => sum + Number(range?.[2]) - Number(range?.[1]), 0);
  expect(read).toBeLessThan(bytes.length / 3);
  await reader.close();
  store.close();
});

test('the thread ends when nobody asks, and the next question has a new one', async () => {
  const files = await fill({ type: 'folder', path: folder });
  const reader = createArchiveReader({ type: 'folder', path: folder }, { idleMs: 1 });
  for (const n of [1, 2, 3]) {
    // Node.js tells of every thread that starts.
    const starts = once(process, 'worker') as Promise<[Worker]>;
    const found = reader.find(files, row(n).id);
    const [thread] = await starts;
    const ends = once(thread, 'exit');
    expect((await found)?.submission.naturalId).toBe(`#key-${n}`);
    await ends;
  }
  await reader.close();
});

test('a bucket refuses whoever signs with another secret; a signed URL is good for anybody, and only as it is', async () => {
  const store = await openObjectStore(s3());
  await store.put('x.json', Buffer.from('{}'));
  const forger = await openObjectStore({ ...s3(), credentials: { ...CREDENTIALS, secretAccessKey: 'a guess' } });
  await expect(forger.get('x.json')).rejects.toThrow(/SignatureDoesNotMatch/);
  const url = (await store.url('x.json', 60_000)) ?? '';
  expect(await (await fetch(url)).text()).toBe('{}');
  expect((await fetch(url.replace('x.json', 'y.json'))).status).toBe(403);
  expect((await fetch(url.replace('X-Amz-Expires=60', 'X-Amz-Expires=600'))).status).toBe(403);
  const folderStore = await openObjectStore({ type: 'folder', path: folder });
  expect(await folderStore.url('x.json', 60_000)).toBeUndefined();
  await expect(folderStore.put('../outside', Buffer.from(''))).rejects.toThrow(/outside/);
});

const PATIENCE = { timeout: 10_000 };

test('too many questions, and a store that is silent or gone, are refused in time and by name', async () => {
  const files = await fill(s3());
  const reader = createArchiveReader(s3(), { limitMs: 3_000, atOnce: 2, mostWaiting: 3 });
  // Its thread's start is part of the limit, and on a busy machine may be all of it.
  const first = async () => (await reader.find(files, row(1).id))?.submission.naturalId;
  await vi.waitFor(first, PATIENCE);
  bucket.trouble.silent = true;
  const begun = performance.now();
  const other = [
    { ...(files[0] ?? { path: '', bytes: 0, firstId: '', lastId: '' }), path: 'receipt/v1/other.parquet' },
  ];
  const asked = Array.from({ length: 7 }, async () => await reader.find(other, row(1).id));
  const answers = await Promise.allSettled(asked);
  expect(answers.map((answer) => (answer.status === 'rejected' ? answer.reason.name : 'answered'))).toEqual(
    Array(7).fill('ArchiveAway'),
  );
  expect(performance.now() - begun).toBeLessThan(8_000);
  bucket.trouble.silent = false;
  // The thread that hung was ended; the next question has a new one. A bucket that says "slow down" is asked again.
  bucket.trouble.next = 1;
  expect(await vi.waitFor(first, PATIENCE)).toBe('#key-1');
  const gone = [{ path: 'receipt/v1/none.parquet', bytes: 100, firstId: row(0).id, lastId: row(9).id }];
  await expect(reader.find(gone, row(1).id)).rejects.toMatchObject({ name: 'ArchiveAway' });
  await reader.close();
});
