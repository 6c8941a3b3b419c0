import type { ArchivedSubmission, ArchiveReader } from '@countersign/flow';
import { BadCursor } from './errors.ts';
import { uuidOf } from './id-time.ts';
import type { Line } from './line.ts';
import { listHere } from './list-here.ts';
import { FILES_AT_ONCE, filesOfList } from './open-archive.ts';
import type { FoundSubmission, ListQuery, Page } from './submissions.ts';

/** What PostgreSQL has, and what was moved to the archive, as one list. */
export async function listSubmissions(cold: Line, archive: ArchiveReader, query: ListQuery): Promise<Page> {
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const { found: here, horizon } = await listHere(cold, query, before);
  // Older ones come with a later page.
  const above = here.length > query.limit ? here.at(-1)?.submission.id : horizon;
  // After the database: what is moved meanwhile is then seen twice, and not never.
  const there = await listArchived(cold, archive, query, { before, above });
  const found = there.length === 0 ? here : merged(here, there);
  const items = found.slice(0, query.limit);
  const next = found.length > query.limit ? items.at(-1)?.submission.id : horizon;
  return { items, nextCursor: next === undefined ? null : writeCursor(next) };
}

/** The page's worth of archived ones, newer than `above` where the page ends there. */
async function listArchived(
  cold: Line,
  archive: ArchiveReader,
  { clientId, kind, status, from, to, limit }: ListQuery,
  { before, above }: { readonly before: string | undefined; readonly above: string | undefined },
): Promise<FoundSubmission[]> {
  // Of all clients together only what is in the database is listed.
  if (clientId === undefined) return [];
  const wanted = {
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const found: ArchivedSubmission[] = [];
  for (let below = before; found.length <= limit;) {
    const until = below === undefined ? {} : { before: below };
    const range = { clientId, kind, ...wanted, ...until, ...(above === undefined ? {} : { above }) };
    const files = await filesOfList(cold, range);
    if (files.length === 0) break;
    const rows = await archive.list(files, { ...wanted, ...until, limit: limit + 1 - found.length });
    const last = files.length < FILES_AT_ONCE ? undefined : files.at(-1)?.lastId;
    // Files that were not looked at end before the last one's end.
    found.push(...(last === undefined ? rows : rows.filter(({ submission }) => submission.id >= last)));
    if (last === undefined || last === below) break;
    below = last;
  }
  return found.map(({ submission, contentType }) => ({ submission, body: '', contentType }));
}

function merged(here: readonly FoundSubmission[], there: readonly FoundSubmission[]): readonly FoundSubmission[] {
  const byId = new Map([...there, ...here].map((found) => [found.submission.id, found]));
  return [...byId.values()].sort((a, b) => (a.submission.id < b.submission.id ? 1 : -1));
}

export function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

export function readCursor(cursor: string): string {
  if (!/^[\w-]{22}$/.test(cursor)) throw new BadCursor();
  return uuidOf(Buffer.from(cursor, 'base64url').toString('hex'));
}
