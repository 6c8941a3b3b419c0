import { isKeyed, type Entry } from '@countersign/flow';
import type { Line } from './line.ts';
import type { MoveWatch } from './move-watch.ts';
import { replaySubmission, resolveSubmission } from './operator.ts';
import { listSubmissions } from './submission-list.ts';
import { SUBMISSION_COLUMNS, toFound, type DocumentRow } from './submission-row.ts';
import type { FoundSubmission, Namesake, Submissions, TimelineEntry, Wanted } from './submissions.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

export function openSubmissions(hot: Line, cold: Line, watch: MoveWatch): Submissions {
  return {
    find: (wanted) => find(hot, wanted),
    namesakes: async (kind, naturalId) => [...(await cold.rows<Namesake>(NAMESAKES, [kind, naturalId]))],
    list: (query) => listSubmissions(cold, query),
    timeline: (submissionId) => timeline(hot, submissionId),
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
