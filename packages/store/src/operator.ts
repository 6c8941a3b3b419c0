import type { Change, Submission } from '@countersign/flow';
import type { Answered } from './change-row.ts';
import { OPEN } from './dead-letter-sql.ts';
import type { Line, Statement } from './line.ts';
import { LOAD } from './load-sql.ts';
import { commitAnswer } from './open-cellar.ts';
import { NOW } from './sql.ts';
import { toSubmission, type SubmissionRow } from './submission-row.ts';
import type { OperatorResult, OperatorVerdict } from './submissions.ts';

/** What a replay answers: what it tries again. An end that no leg's new try can change (`conclude`) stays a dead letter until it is resolved. */
const LEG_STEPS = ['record', 'register', 'poll', 'settle'];

type Wish = { readonly change: Change; readonly next: NextTickets } | { readonly conflict: string };
type NextTickets = (OperatorResult & { type: 'done' })['next'];

export async function resolveSubmission(
  line: Line,
  submissionId: string,
  verdict: OperatorVerdict,
): Promise<OperatorResult> {
  const { status, reason, actor, result } = verdict;
  return await move(line, submissionId, { actor, steps: [...LEG_STEPS, 'conclude'] }, (submission) => {
    if (submission.status !== 'UNRESOLVED') {
      return { conflict: `it is ${submission.status}; only what is UNRESOLVED can be resolved` };
    }
    const failure = status === 'FAILED' ? { code: 'RESOLVED_BY_OPERATOR', message: reason } : null;
    const calls = submission.callbackUrl !== null;
    const change: Change = {
      status,
      failure,
      entries: [{ type: 'status', from: submission.status, to: status, actor, reason }],
      callbacks: calls ? [{ type: `${submission.kind}.${status.toLowerCase()}` }] : [],
      ...(result ? { results: [result] } : {}),
    };
    return { change, next: calls ? [{ step: 'notify' }] : [] };
  });
}

/** `atOnce`: due for the sweep now, for replays without anybody who hands out tickets. */
export async function replaySubmission(
  line: Line,
  submissionId: string,
  actor: string,
  atOnce = false,
): Promise<OperatorResult> {
  const submission = await read(line, submissionId);
  if (!submission) return { type: 'missing' };
  if (submission.status !== 'UNRESOLVED')
    return await closeLetters(line, submission, actor, await replayCallback(line, submission, actor, atOnce));
  const legs = await move(line, submissionId, { actor, steps: LEG_STEPS }, (fresh) => replayLegs(fresh, actor, atOnce));
  // That it is UNRESOLVED may never have reached the client: that callback failed too, and has no other way out of the list.
  const callback = await replayCallback(line, submission, actor, atOnce);
  if (callback.type !== 'done') return legs;
  return legs.type === 'done' ? { ...legs, next: [...legs.next, ...callback.next] } : callback;
}

const OPEN_LETTERS = `select l.step from dead_letter l
  where l.submission_id = $1::uuid and l.step = any($2::text[]) and ${OPEN}`;

/**
 * A leg that was told in vain although its submission has its end all the same (a ramp that has no record of it: FAILED).
 * FAILED is final, so there is nothing to send: the replay says that somebody has seen to it, and the letter leaves the list.
 */
async function closeLetters(
  line: Line,
  submission: Submission,
  actor: string,
  callback: OperatorResult,
): Promise<OperatorResult> {
  const open = submission.status === 'FAILED' ? await line.rows(OPEN_LETTERS, [submission.id, LEG_STEPS]) : [];
  if (open.length === 0) return callback;
  const next = callback.type === 'done' ? callback.next : [];
  return await move(line, submission.id, { actor, steps: LEG_STEPS }, ({ status }) => ({
    change: {
      entries: [{ type: 'replay', actor, reason: `nothing is sent: ${status} is final; its dead letter is closed` }],
    },
    next,
  }));
}

function replayLegs(submission: Submission, actor: string, atOnce: boolean): Wish {
  if (submission.status !== 'UNRESOLVED') return { conflict: `it is ${submission.status} by now` };
  const legs = submission.registrations.filter((r) => r.status === 'UNRESOLVED');
  const again = { type: 'replay', actor };
  const change: Change = {
    // What they have acknowledged is looked at, not told again; a window in which an earlier try may take effect stands.
    registrations: legs.map(({ leg, told }) => ({
      leg,
      status: 'PENDING',
      attempts: 0,
      dueInMs: 0,
      looking: told,
      failure: null,
      ...(told ? { looks: 1 } : {}),
    })),
    entries:
      legs.length === 0
        ? [again]
        : legs.map(({ provider }) => ({ ...again, provider, from: 'UNRESOLVED', to: 'PENDING' })),
    ...(atOnce ? { agendaInMs: 0, agendaExact: true } : {}),
  };
  const next = legs.map(({ leg, told }) => ({ step: told ? ('poll' as const) : ('register' as const), leg }));
  return { change, next: next.length > 0 ? next : [{ step: 'record' }] };
}

/** Reads, decides, writes; once more from the start where somebody else moved it meanwhile. */
async function move(
  line: Line,
  submissionId: string,
  answered: Answered,
  wish: (submission: Submission) => Wish,
): Promise<OperatorResult> {
  for (;;) {
    const submission = await read(line, submissionId);
    if (!submission) return { type: 'missing' };
    const wished = wish(submission);
    if ('conflict' in wished) return { type: 'conflict', submission, detail: wished.conflict };
    const moved = await commitAnswer(line, submission, wished.change, answered);
    if (moved) return { type: 'done', submission: moved, next: wished.next };
  }
}

async function read(line: Line, submissionId: string): Promise<Submission | undefined> {
  const [row] = await line.rows<SubmissionRow>(LOAD, [[submissionId]]);
  return row && toSubmission(row);
}

/** Only the newest: an older state never arrives after a newer one. */
const REPLAY_CALLBACK: Statement = {
  name: 'replay-callback',
  text: `
with ${NOW},
newest as materialized (
  select c.submission_id, c.id, c.status, exists (
    select from endpoint e where e.client_id = c.client_id and e.url = c.url) as disabled
  from callback c where c.submission_id = $1::uuid order by c.version desc, c.id desc limit 1
),
again as (
  update callback c set status = 'WAITING', attempts = 0, due_at = t.now, ended_at = null, held_by = null,
    held_until = null
  from newest n, t
  where not n.disabled and c.submission_id = n.submission_id and c.submission_id = $1::uuid and c.id = n.id and c.status in ('DEAD', 'GONE')
  returning c.submission_id, c.client_id, c.version, c.type, t.now
),
told as (
  insert into history (submission_id, version, at, entries)
  select submission_id, version, now, json_build_array(json_build_object('type', 'replay', 'to', type, 'actor', $2::text))
  from again
),
answered as (
  update dead_letter l set replayed_at = a.now, replayed_by = $2::text from again a
  where l.submission_id = a.submission_id and l.submission_id = $1::uuid and l.step = 'notify'
    and (l.replayed_at is null) is true
),
remembered as (
  insert into agenda (submission_id, client_id, kind, due_at, queued)
  select a.submission_id, a.client_id, s.kind, a.now + $3::float8 * interval '1 ms', true
  from again a join submission s on s.id = a.submission_id and s.id = $1::uuid
  on conflict (submission_id) do update set due_at = excluded.due_at
)
select n.status, n.disabled, exists (select from again) as done from newest n`,
};

const SWEEP_LATER_MS = 15_000;

async function replayCallback(
  line: Line,
  submission: Submission,
  actor: string,
  atOnce: boolean,
): Promise<OperatorResult> {
  const values = [submission.id, actor, atOnce ? 0 : SWEEP_LATER_MS];
  const [newest] = await line.rows<{ status: string; disabled: boolean; done: boolean }>(REPLAY_CALLBACK, values);
  if (newest?.done === true) return { type: 'done', submission, next: [{ step: 'notify' }] };
  const detail = newest?.disabled
    ? 'its callback URL answered 410 and is disabled: set it again first'
    : `it is ${submission.status} and its newest callback is ${newest?.status ?? 'none'}: nothing failed that could be repeated`;
  return { type: 'conflict', submission, detail };
}
