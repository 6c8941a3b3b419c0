import type { ArchivedSubmission, ArchiveReader } from '@countersign/flow';
import { BadCursor } from './errors.ts';
import { idAt, SKEW_MS, uuidOf } from './id-time.ts';
import type { Line } from './line.ts';
import { FILES_AT_ONCE, filesOfList } from './open-archive.ts';
import { SUBMISSION_COLUMNS, toFound, type DocumentRow } from './submission-row.ts';
import type { FoundSubmission, ListQuery, Page } from './submissions.ts';

/** What PostgreSQL has, and what was moved to the archive, as one list. */
export async function listSubmissions(cold: Line, archive: ArchiveReader, query: ListQuery): Promise<Page> {
  const before = query.cursor === undefined ? undefined : readCursor(query.cursor);
  const here = (await listHere(cold, query, before)).map(toFound);
  // After the database: what is moved meanwhile is then seen twice, and not never.
  const there = await listArchived(cold, archive, query, { before, here });
  const found = there.length === 0 ? here : merged(here, there);
  const items = found.slice(0, query.limit);
  const last = items.at(-1);
  return { items, nextCursor: found.length > query.limit && last ? writeCursor(last.submission.id) : null };
}

async function listHere(cold: Line, query: ListQuery, before: string | undefined): Promise<DocumentRow[]> {
  const values: unknown[] = [query.kind];
  const conditions = ['s.kind = $1'];
  const where = (condition: (place: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  where((p) => `s.client_id = ${p}::uuid`, query.clientId);
  where((p) => `s.status = ${p}`, query.status);
  where((p) => `s.id < ${p}::uuid`, before);
  // Ids follow time, so a time range is a range of the index.
  where((p) => `s.id >= ${p}::uuid`, query.from === undefined ? undefined : idAt(query.from - SKEW_MS, '0'));
  where((p) => `s.id <= ${p}::uuid`, query.to === undefined ? undefined : idAt(query.to + SKEW_MS, 'f'));
  where((p) => `s.created_at >= to_timestamp(${p}::float8 / 1000)`, query.from);
  where((p) => `s.created_at <= to_timestamp(${p}::float8 / 1000)`, query.to);
  values.push(query.limit + 1);
  return await cold.rows<DocumentRow>(
    `select d.body, d.content_type, ${SUBMISSION_COLUMNS}
     from submission s join document d on d.submission_id = s.id
     where ${conditions.join(' and ')} order by s.id desc limit $${values.length}`,
    values,
  );
}

/** The page's worth of archived ones that are newer than the oldest row of a full page. */
async function listArchived(
  cold: Line,
  archive: ArchiveReader,
  { clientId, kind, status, from, to, limit }: ListQuery,
  { before, here }: { readonly before: string | undefined; readonly here: readonly FoundSubmission[] },
): Promise<FoundSubmission[]> {
  // Of all clients together only what is in the database is listed.
  if (clientId === undefined) return [];
  const wanted = {
    ...(status === undefined ? {} : { status }),
    ...(from === undefined ? {} : { from }),
    ...(to === undefined ? {} : { to }),
  };
  const above = here.length > limit ? here.at(-1)?.submission.id : undefined;
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

function merged(here: readonly FoundSubmission[], there: readonly FoundSubmission[]): FoundSubmission[] {
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
