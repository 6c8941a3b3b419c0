import { spawn } from 'node:child_process';
import { createHash } from 'node:crypto';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { DuckDBInstance } from '@duckdb/node-api';
import { createLog } from '@countersign/process';
import { migrate, openStore, type Store } from '@countersign/store';
import { ask, startHouse, type House, type TestClient } from '@countersign/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { createDailyArchive } from '../src/archive/daily.ts';
import { midnight, receipt } from './archive-stage.ts';

const JOB = new URL('../src/archive-now.ts', import.meta.url);
const folder = mkdtempSync(join(tmpdir(), 'countersign-house-'));
let house: House;
let store: Store;
let plain: Client;
let shop: TestClient;
let other: TestClient;
beforeAll(async () => {
  // No worker: whoever moves is started by the tests.
  house = await startHouse({ migrate, env: { ARCHIVE_URL: `file://${folder}` }, workers: [] });
  store = openStore({ databaseUrl: house.databaseUrl, applicationName: 'archive-house' });
  plain = new Client({ connectionString: house.databaseUrl });
  await plain.connect();
  [shop, other] = [await house.newClient('a shop'), await house.newClient('another shop')];
});
afterAll(async () => {
  await plain?.end();
  await store?.close();
  await house?.stop();
  rmSync(folder, { recursive: true });
});

const jobEnv = () => ({
  ...process.env,
  DATABASE_URL: house.databaseUrl,
  ARCHIVE_URL: `file://${folder}`,
  LOG_LEVEL: 'silent',
});
const HOUR = 3_600_000;

const till = (reference: string, items: readonly (readonly [string, number, number])[]) =>
  JSON.stringify({
    cbReceiptReference: reference,
    cbChargeItems: items.map(([Description, Quantity, Amount]) => ({ Quantity, Description, Amount, VATRate: 22 })),
  });
const sold = async (
  atMs: number,
  what: Parameters<typeof till>[1],
  client: TestClient = shop,
  type = 'fiscal-receipt',
) =>
  await receipt(store, plain, client.id, {
    atMs,
    clientId: client.id,
    document: till('r', what),
    facts: { receiptType: type },
  });
const DECEMBER_31 = 11;
const newYear = (year: number) => Date.UTC(year - 1, DECEMBER_31, 31, 23, 30);

test('the command moves what is old and ends with 0; the API shows the same bytes from there as before, and the same key is the same receipt', async () => {
  const document = '<receipt>wine</receipt>';
  const post = async (body: string, client = shop) =>
    await ask('POST', `${house.url}/v1/receipts`, {
      key: client.key,
      body,
      headers: { 'content-type': 'application/xml', 'idempotency-key': 'till-1' },
    });
  const { id } = await receipt(store, plain, shop.id, {
    atMs: midnight(45) + HOUR,
    key: 'till-1',
    document,
    facts: { receiptType: 'fiscal-receipt' },
  });
  const failed = await receipt(store, plain, shop.id, {
    atMs: midnight(45) + 2 * HOUR,
    end: 'FAILED',
    document: '<a\r\n/>',
    contentType: 'text/xml',
  });
  const paths = [id, failed.id].flatMap((each) =>
    ['', '/timeline', '/document', '/status'].map((part) => `/v1/receipts/${each}${part}`),
  );
  const all = async () =>
    await Promise.all(
      [...paths, '/v1/receipts?limit=5', '/v1/receipts?status=FAILED'].map(
        async (path) => await house.get(path, shop.key),
      ),
    );
  const tell = (replies: Awaited<ReturnType<typeof all>>) =>
    replies.map(({ status, text, headers }) => [status, text, headers['content-type'], headers['etag']]);
  const before = tell(await all());
  expect(before.map(([status]) => status)).toEqual(before.map(() => 200));

  const child = spawn(process.execPath, [fileURLToPath(JOB)], { env: jobEnv(), stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
  expect((await plain.query('select from submission')).rowCount).toBe(0);
  const begun = performance.now();
  expect(tell(await all())).toEqual(before);
  expect(performance.now() - begun).toBeLessThan(30_000);
  for (const path of paths) expect((await house.get(path, other.key)).status, path).toBe(404);
  expect((await house.get('/v1/receipts', other.key)).json.data).toEqual([]);

  const again = await post(document);
  expect([again.status, again.headers['idempotency-replayed'], again.json.id]).toEqual([202, 'true', id]);
  expect((await post(document.replace('wine', 'beer'))).status).toBe(422);
  expect((await post(document, other)).json.id).not.toBe(id);
  const replay = await ask('POST', `${house.url}/v1/receipts/${id}/replay?clientId=${shop.id}`, {
    key: house.adminKey,
  });
  expect([replay.status, replay.json.type]).toEqual([409, 'urn:countersign:problem:conflict']);
});

test('the worker that leads starts the job once a day, and not again; a day without old receipts starts none', async () => {
  const log = createLog({ level: 'silent', name: 'test' });
  const daily = createDailyArchive({ archive: store.archive, file: JOB, env: jobEnv(), afterDays: 30, log });
  const forget = `update archive set tried_at = null, succeeded_at = null`;
  await plain.query(forget);
  await daily.round();
  expect((await store.archive.gauges()).files).toBe(1);
  const { id } = await sold(midnight(46), [['tea', 1, 1]]);
  await daily.round();
  expect((await store.archive.gauges()).files).toBe(1);
  await plain.query(forget);
  await Promise.all([daily.round(), daily.round()]);
  expect(await store.archive.gauges()).toMatchObject({ files: 2, rows: 3, sinceSuccessMs: expect.closeTo(0, -5) });
  expect((await house.get(`/v1/receipts/${id}`, shop.key)).status).toBe(200);
  daily.close();
});

test('the query in the docs says what customers of a shop bought at New Year, over all years, out of the files', async () => {
  for (const year of [2019, 2020, 2026]) {
    await sold(newYear(year), [
      ['sparkling wine', 2, 20],
      ['bread', 1, 1.1],
    ]);
    await sold(newYear(year) + HOUR, [['sparkling wine', 1, 10.05]]);
    await sold(newYear(year) + 30 * HOUR, [['aspirin', 1, 3]]);
  }
  await sold(newYear(2020), [['sparkling wine', 100, 1_000]], other);
  await sold(newYear(2020), [['sparkling wine', 100, 1_000]], shop, 'another-type');
  const child = spawn(process.execPath, [fileURLToPath(JOB)], { env: jobEnv(), stdio: 'inherit' });
  expect(await once(child, 'exit')).toEqual([0, null]);
  const docs = readFileSync(new URL('../../../docs/receipts.md', import.meta.url), 'utf8');
  const query = /```sql\n([\s\S]*?)```/.exec(docs)?.[1] ?? '';
  const duck = await (await DuckDBInstance.create(':memory:')).connect();
  const sql = query.replace('ARCHIVE', folder).replace('CLIENT', shop.id);
  const rows = (await duck.runAndReadAll(sql)).getRowObjectsJson();
  expect(rows).toEqual(
    [2019, 2020, 2026].flatMap((new_year) => [
      { new_year: String(new_year), product: 'sparkling wine', quantity: '3.000', amount: '30.05' },
      { new_year: String(new_year), product: 'bread', quantity: '1.000', amount: '1.10' },
    ]),
  );
  // Only the files of those days are opened.
  const plan = JSON.stringify((await duck.runAndReadAll(`explain analyze ${sql}`)).getRowsJson());
  expect(/Total Files Read: (\d+)/.exec(plan)?.[1]).toBe('6');
});

test('the export: a client gets URLs of its own files, an administrator of all; by them anybody fetches, in ranges, and until they end', async () => {
  const list = async (key: string, query = '') => {
    const { status, text } = await house.get(`/v1/receipts/export${query}`, key);
    // The shape is what is tested.
    return {
      status,
      ...(JSON.parse(text) as {
        data: {
          url: string;
          clientId: string;
          day: string;
          rows: number;
          bytes: number;
          sha256: string;
          format: number;
        }[];
        nextCursor: string | null;
        errors?: object[];
      }),
    };
  };
  const mine = await list(shop.key);
  expect(mine.data.length).toBe(11);
  expect(new Set(mine.data.map(({ clientId }) => clientId))).toEqual(new Set([shop.id]));
  expect(mine.data.map(({ day }) => day)).toEqual(mine.data.map(({ day }) => day).sort());
  expect(await list(other.key)).toMatchObject({
    data: [{ clientId: other.id, day: '2019-12-31', rows: 1, format: 1 }],
  });
  expect((await list(house.adminKey)).data.length).toBe(12);
  expect((await list(house.adminKey, `?clientId=${other.id}`)).data.length).toBe(1);
  expect((await list(other.key, `?clientId=${shop.id}`)).status).toBe(403);
  const january = await list(shop.key, '?from=2019-12-31T12:00:00Z&to=2020-01-02T00:00:00Z');
  expect(january.data.map(({ day }) => day)).toEqual(
    ['2019-12-31', '2020-01-01', '2020-01-02'].slice(0, january.data.length),
  );
  const paged: string[] = [];
  for (let cursor: string | null = ''; cursor !== null;) {
    const page: Awaited<ReturnType<typeof list>> = await list(
      house.adminKey,
      `?limit=2${cursor && `&cursor=${cursor}`}`,
    );
    paged.push(...page.data.map(({ sha256 }) => sha256));
    cursor = page.nextCursor;
  }
  expect(new Set(paged).size).toBe(12);
  expect((await list(shop.key, '?cursor=nonsense')).status).toBe(400);

  const [file] = mine.data;
  const { url = '', bytes = 0, sha256 = '' } = file ?? {};
  const whole = Buffer.from(await (await fetch(url)).arrayBuffer());
  expect([whole.length, createHash('sha256').update(whole).digest('hex')]).toEqual([bytes, sha256]);
  const tail = await fetch(url, { headers: { range: 'bytes=-8' } });
  expect([tail.status, tail.headers.get('content-range')]).toEqual([206, `bytes ${bytes - 8}-${bytes - 1}/${bytes}`]);
  expect(
    Buffer.from(await tail.arrayBuffer())
      .subarray(4)
      .toString(),
  ).toBe('PAR1');
  const head = await fetch(url, { method: 'HEAD' });
  expect([head.status, head.headers.get('content-length'), head.headers.get('accept-ranges')]).toEqual([
    200,
    String(bytes),
    'bytes',
  ]);
  for (const forged of [
    url.replace(/expires=\d/, 'expires=9'),
    url.replace(/signature=./, 'signature=_'),
    url.replace(shop.id, other.id),
  ])
    expect((await fetch(forged)).status).toBe(403);
});
