import type { Json, JsonObject } from './json.ts';
import { isFinal, type Standing, type Status } from './status.ts';
import type { Failure, Registration, Submission } from './submission.ts';

/** One line of a submission's story. `at` is set by the database when the change commits. */
export interface Entry {
  readonly type: string;
  readonly provider?: string;
  readonly attempt?: number;
  readonly requestId?: string;
  readonly statusCode?: number;
  readonly durationMs?: number;
  readonly error?: string;
  readonly from?: string;
  readonly to?: string;
  readonly actor?: string;
  readonly reason?: string;
}

/** Times in a change are relative (`…InMs` from the commit): the database's clock makes them absolute. */
export interface RegistrationChange {
  readonly leg: string;
  /** Given when the registration is opened. */
  readonly provider?: string;
  readonly idempotencyKey?: string;
  readonly status?: Standing;
  readonly reference?: string | null;
  readonly attempts?: number;
  /** true: t0 is the commit's time; false: cleared, the outcome is known or judged. */
  readonly telling?: boolean;
  readonly ambiguousInMs?: number | null;
  readonly told?: boolean;
  readonly looks?: number;
  readonly dueInMs?: number | null;
  readonly looking?: boolean;
  readonly failure?: Failure | null;
}

/** A callback to be sent because of this change; its snapshot is the submission as the change leaves it. */
export interface CallbackDraft {
  readonly type: string;
}

/** A finished result for the kind's feed, read by clients that cannot receive callbacks. */
export interface ResultDraft {
  /** 200: it came about; anything else says why not, in HTTP's numbers. */
  readonly code: number;
  /** What the third parties answered, in the kind's shape; the request is kept already. */
  readonly response: Json;
}

export interface DeadLetterDraft {
  readonly step: string;
  readonly leg?: string;
  readonly provider?: string;
  readonly code: string;
  readonly message: string;
}

/** What one compare-and-set writes, all or nothing: the move, its history, what must be told, and when to look again. */
export interface Change {
  readonly status?: Status;
  readonly failure?: Failure | null;
  readonly facts?: JsonObject;
  readonly registrations?: readonly RegistrationChange[];
  readonly entries?: readonly Entry[];
  readonly callbacks?: readonly CallbackDraft[];
  readonly deadLetters?: readonly DeadLetterDraft[];
  /** What this change puts into the kind's results feed. */
  readonly results?: readonly ResultDraft[];
  /** The accepted webhook this change applies; marked in the same commit, so it has one effect. */
  readonly appliesWebhook?: string;
  /** When somebody should look at this submission again if nobody moved it: feeds the agenda. null: nobody need. */
  readonly agendaInMs?: number | null;
  /** The agenda alone remembers this time (no job waits in Redis): bring it up exactly then, without the grace added. */
  readonly agendaExact?: boolean;
}

/** A decision is a pure function, so it can be made again on a fresh row when somebody else moved first. null: nothing to do. */
export type Decision<S extends Submission = Submission> = (submission: S) => Change | null;

export function joinChanges(first: Change, then: Change): Change {
  return {
    ...first,
    ...then,
    ...(first.facts || then.facts ? { facts: { ...first.facts, ...then.facts } } : {}),
    registrations: joinRegistrations(first.registrations ?? [], then.registrations ?? []),
    entries: [...(first.entries ?? []), ...(then.entries ?? [])],
    callbacks: [...(first.callbacks ?? []), ...(then.callbacks ?? [])],
    deadLetters: [...(first.deadLetters ?? []), ...(then.deadLetters ?? [])],
    results: [...(first.results ?? []), ...(then.results ?? [])],
  };
}

function joinRegistrations(
  first: readonly RegistrationChange[],
  then: readonly RegistrationChange[],
): RegistrationChange[] {
  const byLeg = new Map(first.map((r) => [r.leg, r]));
  for (const r of then) byLeg.set(r.leg, { ...byLeg.get(r.leg), ...r });
  return [...byLeg.values()];
}

/** The submission as a change leaves it, at the database's time `nowMs`. Pure: what the store writes and this returns are the same. */
export function applyChange<S extends Submission>(submission: S, change: Change, nowMs: number): S {
  const status = change.status ?? submission.status;
  const settles = status !== submission.status && isFinal(status);
  return {
    ...submission,
    status,
    version: submission.version + 1,
    failure: change.failure === undefined ? submission.failure : change.failure,
    facts: change.facts ? { ...submission.facts, ...change.facts } : submission.facts,
    registrations: applyRegistrations(submission.registrations, change.registrations ?? [], nowMs),
    updatedAt: nowMs,
    settledAt: settles ? nowMs : submission.settledAt,
  };
}

function applyRegistrations(
  rows: readonly Registration[],
  changes: readonly RegistrationChange[],
  nowMs: number,
): readonly Registration[] {
  if (changes.length === 0) return rows;
  const next = [...rows];
  for (const change of changes) {
    const at = next.findIndex((r) => r.leg === change.leg);
    const row = applyRegistration(next[at] ?? opened(change, nowMs), change, nowMs);
    if (at < 0) next.push(row);
    else next[at] = row;
  }
  return next;
}

function opened(change: RegistrationChange, nowMs: number): Registration {
  if (change.provider === undefined || change.idempotencyKey === undefined) {
    throw new Error(`leg ${change.leg} is not open: a change that opens it must name its provider and idempotency key`);
  }
  return {
    leg: change.leg,
    provider: change.provider,
    status: 'PENDING',
    reference: null,
    idempotencyKey: change.idempotencyKey,
    attempts: 0,
    tellingSince: null,
    ambiguousUntil: null,
    told: false,
    looks: 0,
    dueAt: null,
    lookingSince: null,
    failure: null,
    updatedAt: nowMs,
  };
}

function applyRegistration(row: Registration, c: RegistrationChange, nowMs: number): Registration {
  return {
    ...row,
    status: c.status ?? row.status,
    reference: c.reference === undefined ? row.reference : c.reference,
    attempts: c.attempts ?? row.attempts,
    tellingSince: c.telling === undefined ? row.tellingSince : c.telling ? nowMs : null,
    ambiguousUntil: at(c.ambiguousInMs, row.ambiguousUntil, nowMs),
    told: c.told ?? row.told,
    looks: c.looks ?? row.looks,
    dueAt: at(c.dueInMs, row.dueAt, nowMs),
    lookingSince: c.looking === undefined ? row.lookingSince : c.looking ? nowMs : null,
    failure: c.failure === undefined ? row.failure : c.failure,
    updatedAt: nowMs,
  };
}

function at(inMs: number | null | undefined, before: number | null, nowMs: number): number | null {
  if (inMs === undefined) return before;
  return inMs === null ? null : nowMs + inMs;
}
