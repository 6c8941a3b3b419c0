import { idAt, SKEW_MS } from './id-time.ts';
import type { Line } from './line.ts';
import { SUBMISSION_COLUMNS, toFound, type DocumentRow } from './submission-row.ts';
import type { FoundSubmission, ListQuery } from './submissions.ts';

/** Newest first, one more than the limit where there are so many. */
export interface Here {
  readonly found: readonly FoundSubmission[];
  /** Older ones than this id were not looked at. */
  readonly horizon?: string;
}

/**
 * So many of a client's rows are looked through for those of a status, 0.2 s on one core. Of ten million of which none
 * fits the caller hears after each hundred thousand, and goes on by the cursor if they like.
 */
const WINDOW = 100_000;

/** What of a list PostgreSQL has, older than the id `before`. */
export async function listHere(cold: Line, query: ListQuery, before: string | undefined): Promise<Here> {
  const { status, clientId } = query;
  if (status === undefined) return { found: await rowsOf(cold, query, before, 'submission s') };
  // These two have a list of their own: see the migration.
  if (clientId !== undefined && (status === 'FAILED' || status === 'UNRESOLVED'))
    return { found: await rowsOf(cold, query, before, 'unhappy_end u join submission s on s.id = u.id') };
  const { all, values } = boundsOf(query, before, 's');
  const window = `select * from submission s where ${all} order by s.id desc`;
  const found = await rowsOf(cold, query, before, `(${window} limit ${WINDOW}) s`);
  if (found.length > query.limit) return { found };
  const last = `select s.id from submission s where ${all} order by s.id desc offset ${WINDOW - 1} limit 1`;
  const [end] = await cold.rows<{ id: string }>(last, values);
  return end ? { found, horizon: end.id } : { found };
}

async function rowsOf(
  cold: Line,
  query: ListQuery,
  before: string | undefined,
  from: string,
): Promise<FoundSubmission[]> {
  const first = from.startsWith('unhappy_end') ? 'u' : 's';
  const { all, values } = boundsOf(query, before, first);
  const limit = `$${values.push(query.limit + 1)}`;
  const status = query.status === undefined ? undefined : `$${values.push(query.status)}`;
  const own = status === undefined ? '' : `and s.status = ${status}${first === 'u' ? ` and u.status = ${status}` : ''}`;
  const rows = await cold.rows<DocumentRow>(
    `select d.body, d.content_type, ${SUBMISSION_COLUMNS}
     from ${from} join document d on d.submission_id = s.id
     where ${all} ${own} order by ${first}.id desc limit ${limit}`,
    values,
  );
  return rows.map(toFound);
}

/** Whose, of what kind, of when, by the columns of `first`; everything but the status. */
function boundsOf(query: ListQuery, before: string | undefined, first: 's' | 'u'): { all: string; values: unknown[] } {
  const values: unknown[] = [query.kind];
  const conditions = [`${first}.kind = $1`];
  const where = (condition: (place: string) => string, value: unknown): void => {
    if (value !== undefined) conditions.push(condition(`$${values.push(value)}`));
  };
  where((p) => `${first}.client_id = ${p}::uuid`, query.clientId);
  where((p) => `${first}.id < ${p}::uuid`, before);
  // Ids follow time, so a time range is a range of the index.
  where((p) => `${first}.id >= ${p}::uuid`, query.from === undefined ? undefined : idAt(query.from - SKEW_MS, '0'));
  where((p) => `${first}.id <= ${p}::uuid`, query.to === undefined ? undefined : idAt(query.to + SKEW_MS, 'f'));
  where((p) => `s.created_at >= to_timestamp(${p}::float8 / 1000)`, query.from);
  where((p) => `s.created_at <= to_timestamp(${p}::float8 / 1000)`, query.to);
  return { all: conditions.join(' and '), values };
}
