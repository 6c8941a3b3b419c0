import {
  applyChange,
  isFinal,
  isOnItsWay,
  registrationOf,
  snapshotOf,
  type CallbackDraft,
  type Change,
  type Registration,
  type RegistrationChange,
  type Snapshot,
  type Submission,
} from '@countersign/flow';
import { newId } from './new-id.ts';

/** Added to a wait that is parked in Redis: only a ticket that was lost is made again. */
const GRACE_MS = 10_000;
/** When a submission in somebody's hands is looked at again if nobody moved it. */
export const UNMOVED_MS = 15_000;
/** Waits longer than this are the agenda's alone, unless the change says so itself. */
const LONGEST_PARK_MS = 30_000;

/** Stands in a kept snapshot for the time of its own commit, which nobody knows before; see `snapshotAt`. */
const THIS_COMMIT = -1;

/** What an operator's move adds: who, and which steps' letters it answers. */
export interface Answered {
  readonly actor: string;
  readonly steps: readonly string[];
}

/** Whole milliseconds, never less than asked: the database's clock is kept in milliseconds. */
export function wholeMs(change: Change): Change {
  if (!change.registrations) return change;
  const up = (ms: number | null | undefined) => (typeof ms === 'number' ? Math.ceil(ms) : ms);
  const registrations = change.registrations.map((r) => {
    const { ambiguousInMs, dueInMs, ...rest } = r;
    return {
      ...rest,
      ...(ambiguousInMs === undefined ? {} : { ambiguousInMs: up(ambiguousInMs) ?? null }),
      ...(dueInMs === undefined ? {} : { dueInMs: up(dueInMs) ?? null }),
    };
  });
  return { ...change, registrations };
}

/** A change as the commit statement reads it: the row as it will stand, since the version fences what it stands on. */
export function changeRow(submission: Submission, change: Change, answered?: Answered) {
  const next = applyChange(submission, change, THIS_COMMIT);
  const changes = change.registrations ?? [];
  const isOpen = (r: RegistrationChange) => registrationOf(submission, r.leg) !== undefined;
  const callbacks = submission.callbackUrl === null ? [] : (change.callbacks ?? []);
  const row = (r: RegistrationChange) => registrationRow(next, r);
  return {
    id: submission.id,
    version: submission.version,
    status: next.status,
    settles: next.status !== submission.status && isFinal(next.status),
    failure: next.failure,
    ...(change.facts ? { facts: next.facts } : {}),
    ...listed('opened', changes.filter((r) => !isOpen(r)).map(row)),
    ...listed('changed', changes.filter(isOpen).map(row)),
    ...listed('entries', change.entries ?? []),
    ...listed('callbacks', callbackRows(callbacks, next)),
    ...listed(
      'letters',
      (change.deadLetters ?? []).map((letter) => ({ id: newId(), ...letter })),
    ),
    ...listed('results', change.results ?? []),
    ...(change.appliesWebhook === undefined ? {} : { webhook: change.appliesWebhook }),
    ...agendaOf(next, change, callbacks.length > 0),
    ...(answered ? { actor: answered.actor, replayed: answered.steps } : {}),
  };
}

/** Ids in the order of the drafts: the order of telling. */
function callbackRows(drafts: readonly CallbackDraft[], next: Submission) {
  const ids = drafts.map(() => newId()).sort();
  return drafts.map(({ type }, at) => ({ id: ids[at], type, snapshot: snapshotOf(next) }));
}

/** An empty list is left out: NULL makes the statement skip its part. */
function listed<K extends string, T>(name: K, list: readonly T[]): { [key in K]?: readonly T[] } {
  return list.length === 0 ? {} : ({ [name]: list } as { [key in K]: readonly T[] });
}

function agendaOf(next: Submission, change: Change, calls: boolean) {
  const { agendaInMs } = change;
  if (!calls && (agendaInMs === null || isFinal(next.status))) return { strike: true };
  const exact = change.agendaExact ?? (agendaInMs ?? 0) > LONGEST_PARK_MS;
  // A callback, or another leg, may be due sooner than what this change waits for.
  const others = calls || next.registrations.filter(isOnItsWay).length > 1;
  const waitMs = typeof agendaInMs === 'number' ? agendaInMs + (exact ? 0 : GRACE_MS) : UNMOVED_MS;
  const agendaMs = others ? Math.min(waitMs, UNMOVED_MS) : waitMs;
  return { strike: false, agenda_ms: Math.ceil(Math.max(0, agendaMs)), exact: exact && !others };
}

/** Its fields as they will stand. A time that this change sets goes as `…_in`, one that stays as `…_at`. */
function registrationRow(next: Submission, change: RegistrationChange) {
  const r = registrationOf(next, change.leg);
  if (!r) throw new Error(`leg ${change.leg} was not opened`);
  return {
    leg: r.leg,
    provider: r.provider,
    key: r.idempotencyKey,
    status: r.status,
    reference: r.reference,
    attempts: r.attempts,
    looks: r.looks,
    told: r.told,
    failure: r.failure,
    ...timeOf('telling', change.telling === undefined ? undefined : change.telling ? 0 : null, r.tellingSince),
    ...timeOf('ambiguous', change.ambiguousInMs, r.ambiguousUntil),
    ...timeOf('due', change.dueInMs, r.dueAt),
    ...timeOf('looking', change.looking === undefined ? undefined : change.looking ? 0 : null, r.lookingSince),
  };
}

function timeOf(name: string, inMs: number | null | undefined, stands: Registration['dueAt']): Record<string, number> {
  if (inMs === null) return {};
  if (inMs !== undefined) return { [`${name}_in`]: inMs };
  return stands === null ? {} : { [`${name}_at`]: stands };
}

/** A kept snapshot with the time of its commit put in. */
export function snapshotAt(snapshot: Snapshot, committedAt: number): Snapshot {
  const at = (ms: number) => (ms === THIS_COMMIT ? committedAt : ms);
  return {
    ...snapshot,
    updatedAt: at(snapshot.updatedAt),
    settledAt: snapshot.settledAt === null ? null : at(snapshot.settledAt),
    registrations: snapshot.registrations.map((r) => ({ ...r, updatedAt: at(r.updatedAt) })),
  };
}
