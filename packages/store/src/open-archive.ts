import type { ArchivedFile, ArchiveReader, Status } from '@countersign/flow';
import type { ClientConfig } from 'pg';
import type { Archive, ArchiveGauges, ExportedFile, ExportQuery } from './archive.ts';
import { openArchiveJob } from './archive-job.ts';
import { partitionsBefore } from './archive-day.ts';
import {
  ARCHIVED_KEY,
  FILES_OF_ID,
  FILES_OF_LIST,
  GAUGES,
  PARTITIONS,
  STAYED_BEHIND,
  SUCCEEDED,
  TAKE_IF_DUE,
} from './archive-sql.ts';
import { BadCursor } from './errors.ts';
import { dayAt, dayOf, idAt, SKEW_MS } from './id-time.ts';
import type { Line } from './line.ts';

export function openArchive(cold: Line, config: ClientConfig): Archive {
  let secret: Promise<Uint8Array> | undefined;
  return {
    files: (query) => exportFiles(cold, query),
    file: async (path) => {
      const text = `select bytes, encode(digest, 'hex') as sha256 from archive_file where path = $1`;
      return (await cold.rows<Pick<ExportedFile, 'bytes' | 'sha256'>>({ name: 'archive-file', text }, [path]))[0];
    },
    urlSecret: async () => {
      try {
        return await (secret ??= readSecret(cold));
      } catch (error) {
        secret = undefined;
        throw error;
      }
    },
    gauges: async () => {
      const [row] = await cold.rows<ArchiveGauges>(GAUGES);
      if (!row) throw new Error('the table archive has no row: was the database migrated?');
      return row;
    },
    isDue: async (beforeMs) => {
      if ((await cold.rows(TAKE_IF_DUE)).length === 0) return false;
      const days = partitionsBefore(await cold.rows<{ name: string }>(PARTITIONS), beforeMs);
      if (days.length > 0 || (await cold.rows(STAYED_BEHIND, [idAt(beforeMs)])).length > 0) return true;
      await cold.rows(SUCCEEDED, [null]);
      return false;
    },
    openJob: async () => await openArchiveJob(config),
  };
}

async function readSecret(cold: Line): Promise<Uint8Array> {
  const [row] = await cold.rows<{ value: Buffer }>(`select value from secret where name = 'archive-url'`);
  if (!row) throw new Error('the table secret has no row archive-url: was the database migrated?');
  return row.value;
}

async function exportFiles(cold: Line, { clientId, kind, from, to, limit, cursor }: ExportQuery) {
  const [afterDay = null, afterPath = ''] = cursor === undefined ? [] : readCursor(cursor);
  const items = await cold.rows<ExportedFile>(
    `select path, client_id as "clientId", day::text as day, rows, bytes, encode(digest, 'hex') as sha256, format
     from archive_file
     where kind = $1 and day >= $2::date and day <= $3::date and ($4::uuid is null or client_id = $4::uuid)
       and ($5::date is null or (day, path) > ($5::date, $6))
     order by day, path limit $7`,
    [
      kind,
      from === undefined ? FIRST_DAY : dayAt(from),
      to === undefined ? LAST_DAY : dayAt(to),
      clientId ?? null,
      afterDay,
      afterPath,
      limit + 1,
    ],
  );
  const page = items.slice(0, limit);
  const last = page.at(-1);
  return { items: page, nextCursor: items.length > limit && last ? writeCursor(last) : null };
}

const FIRST_DAY = '1970-01-01';
const LAST_DAY = '9999-12-31';

function writeCursor({ day, path }: ExportedFile): string {
  return Buffer.from(`${day} ${path}`).toString('base64url');
}

function readCursor(cursor: string): readonly [day: string, path: string] {
  const [, day, path] = /^(\d{4}-\d{2}-\d{2}) ([\x21-\x7e]+)$/.exec(Buffer.from(cursor, 'base64url').toString()) ?? [];
  if (day === undefined || path === undefined || Number.isNaN(Date.parse(day))) throw new BadCursor();
  return [day, path];
}

/** Where a submission that is not in the database (any more) would be. */
export async function filesOfId(
  line: Line,
  { clientId, kind, id }: { readonly clientId: string; readonly kind: string; readonly id: string },
): Promise<ArchivedFile[]> {
  return await line.rows<ArchivedFile>(FILES_OF_ID, [clientId, kind, dayOf(id), id]);
}

/** Which archived submission has this key; undefined: none. */
export async function archivedUnder(
  line: Line,
  { clientId, kind, naturalId }: { readonly clientId: string; readonly kind: string; readonly naturalId: string },
): Promise<string | undefined> {
  return (await line.rows<{ id: string }>(ARCHIVED_KEY, [clientId, kind, naturalId]))[0]?.id;
}

export interface FileRange {
  readonly clientId: string;
  readonly kind: string;
  readonly status?: Status;
  readonly from?: number;
  readonly to?: number;
  /** Ids below this one, and above that one. */
  readonly before?: string;
  readonly above?: string;
}

const LAST_ID = 'ffffffff-ffff-ffff-ffff-ffffffffffff';
/** The index rows of one look; a page that needs more files than this looks again. */
export const FILES_AT_ONCE = 400;

/** What of a list may be in files, newest first. */
export async function filesOfList(line: Line, range: FileRange): Promise<ArchivedFile[]> {
  const { clientId, kind, status, from, to, before = LAST_ID, above = idAt(0) } = range;
  if (status !== undefined && status !== 'COMPLETED' && status !== 'FAILED') return [];
  // Ids follow time, so a time range is a range of days, and within the first and last of these a range of ids.
  const first = idAt((from ?? 0) - SKEW_MS);
  const last = to === undefined ? LAST_ID : idAt(to + SKEW_MS, 'f');
  return await line.rows(FILES_OF_LIST, [
    clientId,
    kind,
    from === undefined ? FIRST_DAY : dayOf(first),
    to === undefined ? LAST_DAY : dayOf(last),
    before < last ? before : last,
    above > first ? above : first,
    status !== 'FAILED',
    status !== 'COMPLETED',
    FILES_AT_ONCE,
  ]);
}

/** For processes that read no archive: what is there cannot be shown, and must not look as if it were not there. */
export const NO_ARCHIVE: ArchiveReader = {
  list: async () => refuse(),
  find: async () => refuse(),
  timeline: async () => refuse(),
  document: async () => refuse(),
};

function refuse(): never {
  throw new Error('it is in the archive, and this process was opened without one');
}
