import type { ArchivedFile, ArchivedRow, Status } from '@countersign/flow';
import {
  parquetMetadata,
  parquetMetadataAsync,
  parquetReadObjects,
  type AsyncBuffer,
  type FileMetaData,
} from 'hyparquet';
import { FORMAT, rowOf, type ParquetRecord } from './columns.ts';
import type { ObjectStore } from './object-store.ts';
import { DECOMPRESSORS } from './zstd.ts';

/** Where rows lie in a file, and what they are about. */
export interface Group {
  readonly start: number;
  readonly end: number;
  readonly firstId: string;
  readonly lastId: string;
  readonly mayHold: (status: Status) => boolean;
  readonly createdFrom: number;
  readonly createdTo: number;
}

/** A file of the archive, its index read. */
export interface OpenedFile {
  readonly groups: readonly Group[];
  /** Rows `start` to before `end`, these columns only. */
  readonly read: (start: number, end: number, columns: readonly string[]) => Promise<ParquetRecord[]>;
}

/** The index of a file of 5,000 rows has 18 kB; of one that is smaller than this everything is read at once. */
const TAIL = 64 * 1024;
const WHOLE = 256 * 1024;

export async function openFile(store: ObjectStore, { path, bytes }: ArchivedFile): Promise<OpenedFile> {
  const file = bytes <= WHOLE ? inMemory(await store.slice(path, 0, bytes)) : ranged(store, path, bytes);
  const metadata = await parquetMetadataAsync(file, { initialFetchSize: TAIL, geoparquet: false });
  return opened(file, metadata, path);
}

/** All rows of a file, to be compared with what they were made of. */
export async function rowsOf(bytes: Uint8Array): Promise<ArchivedRow[]> {
  const file = inMemory(bytes);
  const metadata = parquetMetadata(await file.slice(0), { geoparquet: false });
  const { groups, read } = opened(file, metadata, 'a file just written');
  return (await read(0, groups.at(-1)?.end ?? 0, [])).map(rowOf);
}

function opened(file: AsyncBuffer, metadata: FileMetaData, path: string): OpenedFile {
  const said = metadata.key_value_metadata?.find(({ key }) => key === 'countersign.format')?.value;
  const format = Number(said);
  if (!(format >= 1 && format <= FORMAT))
    throw new Error(`${path} is of format ${said ?? 'unknown'}; this version reads 1 to ${FORMAT}`);
  return {
    groups: groupsOf(metadata),
    read: async (rowStart, rowEnd, columns) =>
      await parquetReadObjects({
        file,
        metadata,
        rowStart,
        rowEnd,
        // Bytes stay bytes: documents are of any encoding.
        utf8: false,
        compressors: DECOMPRESSORS,
        ...(columns.length > 0 ? { columns: [...columns] } : {}),
      }),
  };
}

function groupsOf(metadata: FileMetaData): Group[] {
  let end = 0;
  return metadata.row_groups.map(({ columns, num_rows }) => {
    const statistics = (name: string) =>
      columns.find(({ meta_data }) => meta_data?.path_in_schema[0] === name)?.meta_data?.statistics;
    const [id, status, created] = [statistics('id'), statistics('status'), statistics('created_at')];
    const start = end;
    end += Number(num_rows);
    return {
      start,
      end,
      firstId: String(id?.min_value ?? ''),
      lastId: String(id?.max_value ?? '~'),
      mayHold: (wanted) => wanted >= String(status?.min_value ?? '') && wanted <= String(status?.max_value ?? '~'),
      createdFrom: created?.min_value instanceof Date ? created.min_value.getTime() : -Infinity,
      createdTo: created?.max_value instanceof Date ? created.max_value.getTime() : Infinity,
    };
  });
}

function inMemory(bytes: Uint8Array): AsyncBuffer {
  return { byteLength: bytes.length, slice: (start, end) => bufferOf(bytes.subarray(start, end)) };
}

function ranged(store: ObjectStore, path: string, byteLength: number): AsyncBuffer {
  return { byteLength, slice: async (start, end = byteLength) => bufferOf(await store.slice(path, start, end)) };
}

/** Exactly these bytes: Node's buffers are often windows of larger ones. */
function bufferOf(bytes: Uint8Array): ArrayBuffer {
  return new Uint8Array(bytes).buffer;
}
