import type { ArchivedRow } from '@countersign/flow';
import { Client, type ClientConfig } from 'pg';
import { zstdDecompressSync } from 'node:zlib';
import type { ArchiveJob, Basket, WrittenFile } from './archive.ts';
import * as sql from './archive-sql.ts';
import { dropDay, partitionsBefore } from './archive-day.ts';
import { dayOf, idAt, idsOfDay } from './id-time.ts';
import { faceOf } from './trouble.ts';

/** A file holds so many receipts, and so many bytes of documents, at most: both are held in memory twice. */
const MOST_ROWS = 5_000;
const MOST_BYTES = 32 * 1024 * 1024;
/** Rows with their documents that one answer of PostgreSQL's brings. */
const PIECE = 500;
/** More than any document accepted. */
const MAX_BYTES = 64 * 1024 * 1024;

/** Indexes only: no table here is small, and most of what is in them is none of the job's business. */
const SESSION =
  '-c timezone=UTC -c jit=off -c enable_seqscan=off -c enable_hashjoin=off -c enable_mergejoin=off -c statement_timeout=600000';
const LOCK = `select pg_try_advisory_lock(hashtextextended('archive', 0)) as mine`;

/** @throws where PostgreSQL cannot be reached. */
export async function openArchiveJob(config: ClientConfig): Promise<ArchiveJob | undefined> {
  const client = new Client({ ...config, options: SESSION });
  // What breaks shows in the statement that needs it.
  client.on('error', () => {});
  await client.connect();
  const { rows } = await client.query<{ mine: boolean }>(LOCK);
  if (rows[0]?.mine === true) return jobOn(client);
  await client.end();
  return undefined;
}

function jobOn(client: Client): ArchiveJob {
  const run = async (text: string, values: readonly unknown[] = []) => await client.query(text, [...values]);
  return {
    storeId: async (ifNone) => {
      const set = 'update archive set store_id = coalesce(store_id, $1::uuid) returning store_id as id, files';
      const { rows } = await client.query<{ id: string; files: number }>(set, [ifNone]);
      return rows[0] ?? { id: ifNone, files: 0 };
    },
    days: async (beforeMs) => partitionsBefore((await client.query<{ name: string }>(sql.PARTITIONS)).rows, beforeMs),
    basketsOf: async (kind, day) => {
      const { rows } = await client.query<{ id: string }>(sql.CLIENTS_OF_DAY, [kind, ...idsOfDay(day)]);
      return rows.map(({ id }) => ({ clientId: id, day }));
    },
    stragglers: async (kind, beforeMs) => {
      const found = await client.query<{ id: string; client_id: string }>(sql.STRAGGLERS, [kind, idAt(beforeMs)]);
      const baskets = found.rows.map((row): [string, Basket] => {
        const basket = { clientId: row.client_id, day: dayOf(row.id) };
        return [`${basket.clientId} ${basket.day}`, basket];
      });
      return [...new Map(baskets).values()];
    },
    keepKeys: async (kind, basket) => {
      const { rows } = await client.query<{ kept: number }>(sql.KEEP_KEYS, placeOf(kind, basket));
      return rows[0]?.kept ?? 0;
    },
    pick: (kind, basket, after) => pick(client, kind, basket, after),
    intend: async (path) =>
      void (await run('insert into archive_intent (path) values ($1) on conflict do nothing', [path])),
    move: (kind, file, digestOf) => move(client, kind, file, digestOf),
    dropDay: (kind, day) => dropDay(client, kind, day),
    rubbish: async () => {
      const { rows } = await client.query<{ path: string }>(
        'select path from archive_intent i where not exists (select from archive_file f where f.path = i.path)',
      );
      return rows.map(({ path }) => path);
    },
    forget: async (path) => void (await run('delete from archive_intent where path = $1', [path])),
    sweepUp: async (kind) => {
      const orphans =
        'delete from agenda a where a.kind = $1 and not exists (select from submission s where s.id = a.submission_id)';
      await run(orphans, [kind]);
    },
    succeeded: async (trouble) => void (await run(sql.SUCCEEDED, [trouble ?? null])),
    failed: async (trouble) =>
      void (await run('update archive set tried_at = clock_timestamp(), trouble = $1', [trouble])),
    close: async () => await client.end(),
  };
}

function placeOf(kind: string, { clientId, day }: Basket): unknown[] {
  return [clientId, kind, ...idsOfDay(day)];
}

async function pick(client: Client, kind: string, basket: Basket, after?: string): Promise<ArchivedRow[]> {
  const from = after ?? idAt(0);
  const { rows } = await client.query<{ id: string; size: number }>(sql.PICK, [
    ...placeOf(kind, basket),
    from,
    MOST_ROWS,
  ]);
  let room = MOST_BYTES;
  const full = rows.findIndex(({ size }, at) => (room -= size) < 0 && at > 0);
  const ids = (full < 0 ? rows : rows.slice(0, full)).map(({ id }) => id);
  const read: ArchivedRow[] = [];
  for await (const row of readAll(client, ids)) read.push(row);
  return read;
}

type ReadRow = Omit<ArchivedRow, 'document'> & { readonly bytes: Buffer };

async function* readAll(client: Client, ids: readonly string[]): AsyncGenerator<ArchivedRow> {
  for (let at = 0; at < ids.length; at += PIECE) {
    const { rows } = await client.query<ReadRow>(sql.READ, [ids.slice(at, at + PIECE)]);
    for (const { bytes, ...row } of rows)
      yield { ...row, document: zstdDecompressSync(bytes, { maxOutputLength: MAX_BYTES }) };
  }
}

async function move(
  client: Client,
  kind: string,
  file: WrittenFile,
  digestOf: (row: ArchivedRow) => string,
): Promise<boolean> {
  // One picture of the database for comparing and deleting: what another changes meanwhile fails the transaction.
  await client.query('begin isolation level repeatable read');
  try {
    const moved = (await isAsInFile(client, file, digestOf)) && (await moveRows(client, kind, file));
    await client.query(moved ? 'commit' : 'rollback');
    return moved;
  } catch (error) {
    await client.query('rollback').catch(() => undefined);
    if (faceOf(error).code === CHANGED_MEANWHILE) return false;
    throw error;
  }
}

const CHANGED_MEANWHILE = '40001';

async function isAsInFile(
  client: Client,
  { digests }: WrittenFile,
  digestOf: (row: ArchivedRow) => string,
): Promise<boolean> {
  let same = 0;
  for await (const row of readAll(client, [...digests.keys()])) {
    if (digests.get(row.id) !== digestOf(row)) return false;
    same += 1;
  }
  return same > 0 && same === digests.size;
}

async function moveRows(client: Client, kind: string, file: WrittenFile): Promise<boolean> {
  const ids = [...file.digests.keys()].sort();
  const { rows } = await client.query<{ kept: number }>(sql.KEPT_KEYS, [ids]);
  if (rows[0]?.kept !== ids.length) return false;
  const { path, clientId, day, bytes, sha256, format } = file;
  await client.query(sql.KEEP_FILE, [path, kind, clientId, day, ids[0], ids.at(-1), ids, bytes, sha256, format]);
  const intent = await client.query('delete from archive_intent where path = $1', [path]);
  // Somebody has called it rubbish since it was written: then it may be gone already.
  if (intent.rowCount !== 1) return false;
  for (const statement of sql.DELETE) await client.query(statement, [ids]);
  await client.query(sql.COUNT_FILE, [ids.length, bytes]);
  return true;
}
