import type { ArchivedFile, ArchivedSubmission, ArchiveQuery, ArchiveReader, Entry } from '@countersign/flow';
import { BRIEF, bytes, submissionOf, text, time, type ParquetRecord } from './columns.ts';
import type { ObjectStore } from './object-store.ts';
import { openFile, type Group, type OpenedFile } from './read-file.ts';

/** Files read at once: an object store answers each in 20 to 50 ms, and a page may need a month of small ones. */
const AT_ONCE = 8;
/** Indexes of files kept ready. They never change; one has some 50 kB in memory. */
const KEPT = 300;

/** Reads the archive in this very thread. */
export function lookInto(store: ObjectStore): ArchiveReader {
  const kept = new Map<string, Promise<OpenedFile>>();
  const open = async (file: ArchivedFile): Promise<OpenedFile> => {
    const known = kept.get(file.path) ?? openFile(store, file);
    kept.delete(file.path);
    kept.set(file.path, known);
    const [oldest] = kept.keys();
    if (kept.size > KEPT && oldest !== undefined) kept.delete(oldest);
    try {
      return await known;
    } catch (error) {
      kept.delete(file.path);
      throw error;
    }
  };
  const one = async (files: readonly ArchivedFile[], id: string, columns: readonly string[]) => {
    for (const file of files) {
      const found = await rowOfId(await open(file), id, columns);
      if (found) return found;
    }
    return undefined;
  };
  return {
    list: async (files, query) => await list(open, files, query),
    find: async (files, id) => {
      const record = await one(files, id, BRIEF);
      return record && submissionOf(record);
    },
    timeline: async (files, id) => {
      const record = await one(files, id, ['id', 'created_at', 'history']);
      return record && timelineOf(record);
    },
    document: async (files, id) => {
      const record = await one(files, id, ['id', 'document']);
      return record && bytes(record, 'document');
    },
  };
}

type Open = (file: ArchivedFile) => Promise<OpenedFile>;

async function list(open: Open, files: readonly ArchivedFile[], query: ArchiveQuery): Promise<ArchivedSubmission[]> {
  const newestFirst = files.toSorted((a, b) => (a.lastId < b.lastId ? 1 : -1));
  let found: ParquetRecord[] = [];
  // One, two, four, eight: a page of few rows is often in the first file.
  for (let at = 0, size = 1; at < newestFirst.length; at += size, size = Math.min(size * 2, AT_ONCE)) {
    const batch = newestFirst.slice(at, at + size);
    const parts = await Promise.all(batch.map(async (file) => await matching(await open(file), query)));
    found = [...found, ...parts.flat()].sort((a, b) => (text(a, 'id') < text(b, 'id') ? 1 : -1)).slice(0, query.limit);
    const last = found[query.limit - 1];
    const next = newestFirst[at + size];
    // Everything that is left is older than the page's end.
    if (last && (!next || next.lastId < text(last, 'id'))) break;
  }
  return found.map(submissionOf);
}

async function matching({ groups, read }: OpenedFile, query: ArchiveQuery): Promise<ParquetRecord[]> {
  const found: ParquetRecord[] = [];
  for (const group of groups.toReversed()) {
    if (found.length >= query.limit) break;
    if (!mayMatch(group, query)) continue;
    const records = await read(group.start, group.end, BRIEF);
    found.push(...records.toReversed().filter((record) => matches(record, query)));
  }
  return found;
}

function mayMatch(group: Group, { before, status, from, to }: ArchiveQuery): boolean {
  return (
    (before === undefined || group.firstId < before) &&
    (status === undefined || group.mayHold(status)) &&
    (from === undefined || group.createdTo >= from) &&
    (to === undefined || group.createdFrom <= to)
  );
}

function matches(record: ParquetRecord, { before, status, from, to }: ArchiveQuery): boolean {
  const createdAt = time(record, 'created_at') ?? 0;
  return (
    (before === undefined || text(record, 'id') < before) &&
    (status === undefined || record['status'] === status) &&
    (from === undefined || createdAt >= from) &&
    (to === undefined || createdAt <= to)
  );
}

async function rowOfId({ groups, read }: OpenedFile, id: string, columns: readonly string[]) {
  for (const { start, end, firstId, lastId } of groups) {
    if (id < firstId || id > lastId) continue;
    const ids = await read(start, end, ['id']);
    const at = ids.findIndex((record) => record['id'] === id);
    if (at >= 0) return (await read(start + at, start + at + 1, columns))[0];
  }
  return undefined;
}

interface Line {
  readonly at: number;
  readonly version: number;
  readonly entries: readonly Entry[];
}

/** As the database tells it: by the clock, then by version, beginning with `accepted`. */
function timelineOf(record: ParquetRecord): (Entry & { at: number })[] {
  // What the job that wrote the file put there.
  const history = JSON.parse(text(record, 'history')) as Line[];
  const accepted = { at: time(record, 'created_at') ?? 0, version: 0, entries: [{ type: 'accepted' }] };
  return [accepted, ...history]
    .sort((a, b) => a.at - b.at || a.version - b.version)
    .flatMap(({ at, entries }) => entries.map((entry) => ({ at, ...entry })));
}
