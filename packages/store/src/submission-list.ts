import { BadCursor } from './errors.ts';
import type { Line } from './line.ts';
import { SUBMISSION_COLUMNS, toFound, type DocumentRow } from './submission-row.ts';
import type { ListQuery, Page } from './submissions.ts';

/** The door's clock made the id and the database's the time: they may differ by this much. */
const SKEW_MS = 600_000;

export async function listSubmissions(cold: Line, query: ListQuery): Promise<Page> {
  const values: unknown[] = [query.kind];
  const conditions = ['s.kind = $1'];
  const where = (condition: (place: string) => string, value: unknown) => {
    if (value === undefined) return;
    values.push(value);
    conditions.push(condition(`$${values.length}`));
  };
  where((p) => `s.client_id = ${p}::uuid`, query.clientId);
  where((p) => `s.status = ${p}`, query.status);
  where((p) => `s.id < ${p}::uuid`, query.cursor === undefined ? undefined : readCursor(query.cursor));
  // Ids follow time, so a time range is a range of the index.
  where((p) => `s.id >= ${p}::uuid`, query.from === undefined ? undefined : idAt(query.from - SKEW_MS, '0'));
  where((p) => `s.id <= ${p}::uuid`, query.to === undefined ? undefined : idAt(query.to + SKEW_MS, 'f'));
  where((p) => `s.created_at >= to_timestamp(${p}::float8 / 1000)`, query.from);
  where((p) => `s.created_at <= to_timestamp(${p}::float8 / 1000)`, query.to);
  values.push(query.limit + 1);
  const rows = await cold.rows<DocumentRow>(
    `select d.body, d.content_type, ${SUBMISSION_COLUMNS}
     from submission s join document d on d.submission_id = s.id
     where ${conditions.join(' and ')} order by s.id desc limit $${values.length}`,
    values,
  );
  const items = rows.slice(0, query.limit).map(toFound);
  const last = items.at(-1);
  return { items, nextCursor: rows.length > query.limit && last ? writeCursor(last.submission.id) : null };
}

/** The first (`0`) or last (`f`) id of a millisecond. */
function idAt(ms: number, fill: '0' | 'f'): string {
  const time = Math.min(Math.max(0, Math.floor(ms)), 2 ** 48 - 1)
    .toString(16)
    .padStart(12, '0');
  const hex = time.padEnd(32, fill);
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`;
}

export function writeCursor(id: string): string {
  return Buffer.from(id.replaceAll('-', ''), 'hex').toString('base64url');
}

export function readCursor(cursor: string): string {
  if (!/^[\w-]{22}$/.test(cursor)) throw new BadCursor();
  return Buffer.from(cursor, 'base64url').toString('hex');
}
