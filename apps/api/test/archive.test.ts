import { createServer, type AddressInfo, type Socket } from 'node:net';
import { createLog } from '@countersign/process';
import { newId } from '@countersign/store';
import { until } from '@countersign/testkit';
import { Client } from 'pg';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { openDoor, type Stage } from './stage.ts';

let door: Stage;
let plain: Client;
let client: Awaited<ReturnType<Stage['client']>>;
const id = newId();
const logged: { level: string; requestId?: string; err?: { code: string; message: string } }[] = [];
const log = createLog({ level: 'warn', name: 'api-test' }, { write: (line) => void logged.push(JSON.parse(line)) });
const bucketAt = (port: number) => {
  const credentials = { accessKeyId: 'a', secretAccessKey: 'b' };
  const endpoint = `http://127.0.0.1:${port}`;
  return { type: 's3', bucket: 'gone', prefix: '', region: 'x', endpoint, credentials } as const;
};
beforeAll(async () => {
  // Nobody listens there.
  door = await openDoor({ log, archive: bucketAt(1) });
  client = await door.client();
  plain = new Client({ connectionString: door.databaseUrl });
  await plain.connect();
  // As the archive job leaves it: a file's row and a key.
  await plain.query(
    `insert into archive_file (path, kind, client_id, day, first_id, last_id, rows, completed, failed, bytes, digest, format)
     select 'receipt/v1/x.parquet', 'receipt', $1::uuid, to_timestamp(('x' || replace(left($2::text, 13), '-', ''))::bit(48)::bigint / 1000)::date,
       $2::uuid, $2::uuid, 1, 1, 0, 1000, '\\x00', 1`,
    [client.id, id],
  );
  await plain.query(`insert into archived_key values (archive_key($1::uuid, 'receipt', '#old'), $2::uuid)`, [
    client.id,
    id,
  ]);
});
afterAll(async () => {
  await plain?.end();
  await door?.close();
});

test.each(['', '/timeline', '/document', '/status'])(
  '503 with Retry-After: an archived receipt%s while its object store is away',
  async (part) => {
    const { status, headers, json } = await door.call(`/v1/receipts/${id}${part}`, { key: client.key });
    expect([status, headers['retry-after'], json.type]).toEqual([503, '10', 'urn:countersign:problem:unavailable']);
    expect(json.detail).not.toMatch(/127\.0\.0\.1|gone|parquet/);
    // The operator is told what the client is not.
    const line = logged.find(({ requestId }) => requestId === json.requestId);
    expect(line).toMatchObject({ level: 'warn', err: { code: 'ARCHIVE_AWAY', message: expect.stringMatching(/\w/) } });
  },
);

test('503: a list that needs the archive; what PostgreSQL has is listed where that is enough', async () => {
  const { key } = client;
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'new' };
  expect((await door.call('/v1/receipts', { key, headers, text: '{"a":1}' })).status).toBe(202);
  expect((await door.call('/v1/receipts', { key })).status).toBe(503);
  const later = new Date(Date.now() + 3_600_000).toISOString();
  expect((await door.call(`/v1/receipts?from=${later}`, { key })).json.data).toEqual([]);
  expect((await door.call('/v1/receipts?status=PENDING', { key })).json.data).toHaveLength(1);
  expect((await door.call('/v1/receipts', { key: (await door.client()).key })).json).toEqual({
    data: [],
    nextCursor: null,
  });
});

test('503, and no second one: the key of an archived receipt while the archive cannot say what was sent under it', async () => {
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'old' };
  const { status } = await door.call('/v1/receipts', { key: client.key, headers, text: '{}' });
  expect(status).toBe(503);
  expect((await plain.query(`select from submission where natural_id = '#old'`)).rowCount).toBe(0);
});

test('202: whoever brings something new is not kept waiting by an object store that says nothing', async () => {
  const held = new Set<Socket>();
  const silent = createServer((socket) => void held.add(socket.on('error', () => undefined)));
  await new Promise<void>((listening) => silent.listen(0, '127.0.0.1', listening));
  // A server that listens on TCP has such an address.
  const { port } = silent.address() as AddressInfo;
  const slow = await openDoor({ databaseUrl: door.databaseUrl, archive: bucketAt(port) });
  let isRead = false;
  const reading = slow.call(`/v1/receipts/${id}`, { key: client.key }).finally(() => (isRead = true));
  await until(() => held.size > 0, { label: 'the object store to be asked' });
  const headers = { 'content-type': 'application/json', 'idempotency-key': 'newer' };
  expect((await slow.call('/v1/receipts', { key: client.key, headers, text: '{}' })).status).toBe(202);
  expect(isRead).toBe(false);
  silent.close();
  for (const socket of held) socket.destroy();
  expect((await reading).status).toBe(503);
  await slow.close();
});
