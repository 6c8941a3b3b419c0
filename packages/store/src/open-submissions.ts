import { isKeyed, type ArchivedFile, type ArchiveReader, type Entry } from '@countersign/flow';
import type { Line } from './line.ts';
import type { MoveWatch } from './move-watch.ts';
import { filesOfId } from './open-archive.ts';
import { readOriginal } from './originals.ts';
import { replaySubmission, resolveSubmission } from './operator.ts';
import { listSubmissions } from './submission-list.ts';
import { SUBMISSION_COLUMNS, toFound, type DocumentRow } from './submission-row.ts';
import type { FoundSubmission, Namesake, Submissions, TimelineEntry, Wanted } from './submissions.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

/** What is not in the database (any more) is looked for in the archive: always in this order, since it moves only that way. */
export function openSubmissions(hot: Line, cold: Line, watch: MoveWatch, archive: ArchiveReader): Submissions {
  return {
    find: async (wanted) => (await find(hot, wanted)) ?? (await findArchived(hot, archive, wanted)),
    namesakes: async (kind, naturalId) => [...(await cold.rows<Namesake>(NAMESAKES, [kind, naturalId]))],
    list: (query) => listSubmissions(cold, archive, query),
    timeline: async (submissionId, of) => {
      const lines = await timeline(hot, submissionId);
      if (lines.length > 0 || of === undefined) return lines;
      return (await archived(hot, { ...of, id: submissionId }, archive.timeline)) ?? [];
    },
    document: async ({ id, clientId, kind }) =>
      (await readOriginal(hot, id)) ?? (await archived(hot, { clientId, kind, id }, archive.document)),
    waitForMove: (submissionId, status, waitMs, signal) => watch.wait(submissionId, status, waitMs, signal),
    resolve: (submissionId, verdict) => resolveSubmission(hot, submissionId, verdict),
    replay: (submissionId, actor) => replaySubmission(hot, submissionId, actor),
  };
}

const FOUND = `select d.body, d.content_type, ${SUBMISSION_COLUMNS}
  from submission s cross join lateral (select * from document x where x.submission_id = s.id limit 1) d`;

const BY_NATURAL_ID = {
  name: 'by-natural-id',
  text: `${FOUND} where s.client_id = $1::uuid and s.kind = $2 and s.natural_id = $3`,
};
const BY_ID = { name: 'by-id', text: `${FOUND} where s.id = $1::uuid and s.kind = $2` };
// Through the clients, of whom there are few: natural ids are indexed per client.
const BY_NATURAL_ID_OF_ANY = {
  name: 'by-natural-id-of-any',
  text: `select d.body, d.content_type, ${SUBMISSION_COLUMNS}
    from client k cross join lateral (
      select * from submission x where x.client_id = k.id and x.kind = $1 and x.natural_id = $2 limit 1
    ) s
    cross join lateral (select * from document x where x.submission_id = s.id limit 1) d
    order by s.id desc limit 1`,
};

const NAMESAKES = `select s.id as "submissionId", s.client_id as "clientId"
  from client k cross join lateral (
    select * from submission x where x.client_id = k.id and x.kind = $1 and x.natural_id = $2 limit 1
  ) s order by s.id desc limit 50`;

async function find(line: Line, { clientId, kind, id }: Wanted): Promise<FoundSubmission | undefined> {
  const byId = async () => (UUID.test(id) ? await line.rows<DocumentRow>(BY_ID, [id, kind]) : []);
  const byName = async () =>
    clientId === undefined
      ? await line.rows<DocumentRow>(BY_NATURAL_ID_OF_ANY, [kind, id])
      : await line.rows<DocumentRow>(BY_NATURAL_ID, [clientId, kind, id]);
  const [row] = clientId === undefined ? [...(await byId()), ...(await byName())] : await byName();
  if (row || clientId === undefined) return row && toFound(row);
  // Only what has no name of its own goes by our id.
  const [own] = await byId();
  return own && own.client_id === clientId && isKeyed(own.natural_id) ? toFound(own) : undefined;
}

/** Asks the archive only where the database knows a file that may have it. */
async function archived<T>(
  line: Line,
  place: { readonly clientId: string; readonly kind: string; readonly id: string },
  ask: (files: readonly ArchivedFile[], id: string) => Promise<T | undefined>,
): Promise<T | undefined> {
  const files = await filesOfId(line, place);
  return files.length === 0 ? undefined : await ask(files, place.id);
}

/** Only what goes by our id is ever moved. */
async function findArchived(line: Line, archive: ArchiveReader, { clientId, kind, id }: Wanted) {
  if (clientId === undefined || !UUID.test(id)) return undefined;
  const found = await archived(line, { clientId, kind, id: id.toLowerCase() }, archive.find);
  return found && { submission: found.submission, body: '', contentType: found.contentType };
}

// By the clock first, since a callback's line carries the version it spoke of; commits of one millisecond by version.
const TIMELINE = {
  name: 'timeline',
  text: `select at, version, entries from history where submission_id = $1::uuid
    union all select created_at, 0, '[{"type":"accepted"}]'::json from submission where id = $1::uuid
    order by at, version`,
};

async function timeline(line: Line, submissionId: string): Promise<TimelineEntry[]> {
  if (!UUID.test(submissionId)) return [];
  const rows = await line.rows<{ at: number; entries: Entry[] }>(TIMELINE, [submissionId]);
  return rows.flatMap(({ at, entries }) => entries.map((entry) => ({ at, ...entry })));
}
