import { performance } from 'node:perf_hooks';
import {
  applyChange,
  type Cellar,
  type Change,
  type KeptWebhook,
  type LoadedSubmission,
  type Submission,
  type Word,
} from '@countersign/flow';
import { batched } from './batch.ts';
import { openCallbacks } from './callbacks.ts';
import { changeRow, wholeMs, type Answered } from './change-row.ts';
import { COMMIT, COMMIT_REPLAY } from './commit-sql.ts';
import { jsonText } from './json-text.ts';
import type { Line } from './line.ts';
import { LOAD, WEBHOOK } from './load-sql.ts';
import { openNewest } from './open-definitions.ts';
import { openOriginals } from './originals.ts';
import type { Sealer } from './seal.ts';
import { toSubmission, type DocumentRow } from './submission-row.ts';

interface Commit {
  readonly submission: Submission;
  readonly change: Change;
}

interface WebhookRow {
  readonly id: string;
  readonly submission_id: string;
  readonly leg: string;
  readonly word: Word;
  readonly applied_at: number | null;
}

export function openCellar(hot: Line, sealer: Sealer): Cellar {
  const load = batched({ name: 'load', keyOf: (id: string) => id, run: (ids) => loadAll(hot, ids) });
  const webhook = batched({ name: 'webhook', keyOf: (id: string) => id, run: (ids) => webhooks(hot, ids) });
  const commit = batched<Commit, number | undefined>({
    name: 'commit',
    keyOf: ({ submission }) => submission.id,
    run: (commits) => commitAll(hot, commits),
  });
  return {
    load,
    webhook,
    document: openOriginals(hot),
    definitions: openNewest(hot),
    commit: async (submission, asked) => {
      const change = wholeMs(asked);
      const nowMs = await commit({ submission, change });
      return nowMs === undefined ? undefined : applyChange(submission, change, nowMs);
    },
    ...openCallbacks(hot, sealer),
  };
}

async function loadAll(hot: Line, ids: readonly string[]): Promise<(LoadedSubmission | undefined)[]> {
  // Read before asking: the clock carried forward from here is late, never early.
  const monotonicMs = performance.now();
  const rows = await hot.rows<DocumentRow & { now_ms: number; unheard: readonly string[] }>(LOAD, [ids]);
  const byId = new Map(
    rows.map((row) => [
      row.id,
      {
        ...toSubmission(row),
        body: row.body,
        contentType: row.content_type,
        unheard: row.unheard,
        readAt: { databaseMs: row.now_ms, monotonicMs },
      },
    ]),
  );
  return ids.map((id) => byId.get(id));
}

async function webhooks(hot: Line, ids: readonly string[]): Promise<(KeptWebhook | undefined)[]> {
  const rows = await hot.rows<WebhookRow>(WEBHOOK, [ids]);
  const byId = new Map(rows.map((row) => [row.id, row]));
  return ids.map((id) => {
    const row = byId.get(id);
    return (
      row && { id, submissionId: row.submission_id, leg: row.leg, word: row.word, applied: row.applied_at !== null }
    );
  });
}

/** The time of each commit; undefined where somebody else had moved the row. */
async function commitAll(hot: Line, commits: readonly Commit[]): Promise<(number | undefined)[]> {
  const text = jsonText(commits.map(({ submission, change }) => changeRow(submission, change)));
  const rows = await hot.rows<{ id: string; now: number }>(COMMIT, [text]);
  const byId = new Map(rows.map((row) => [row.id, row.now]));
  return commits.map(({ submission }) => byId.get(submission.id));
}

/** One operator's move, with the letters it answers. */
export async function commitAnswer<S extends Submission>(
  line: Line,
  submission: S,
  asked: Change,
  answered: Answered,
): Promise<S | undefined> {
  const change = wholeMs(asked);
  const [row] = await line.rows<{ now: number }>(COMMIT_REPLAY, [jsonText([changeRow(submission, change, answered)])]);
  return row && applyChange(submission, change, row.now);
}
