import type { Failure, JsonObject, Registration, Standing, Status, Submission } from '@countersign/flow';
import type { FoundSubmission } from './submissions.ts';

/** Columns of a submission `s` with its registrations, its clock and (by document `d`) its body. */
export const SUBMISSION_COLUMNS = `
  s.id, s.client_id, s.kind, s.natural_id, s.status, s.version, s.created_at, s.updated_at, s.settled_at, s.failure,
  s.facts, s.callback_url, s.traceparent,
  (select json_agg(json_build_array(r.leg, r.provider, r.status, r.reference, r.idempotency_key, r.attempts, r.looks,
      r.told, r.telling_since, r.ambiguous_until, r.due_at, r.looking_since, r.updated_at, r.failure) order by r.leg)
    from registration r where r.submission_id = s.id) as registrations`;

/** A registration as `SUBMISSION_COLUMNS` packs it; times as PostgreSQL writes them into JSON. */
type RegistrationRow = readonly [
  leg: string,
  provider: string,
  status: Standing,
  reference: string | null,
  idempotencyKey: string,
  attempts: number,
  looks: number,
  told: boolean,
  tellingSince: string | null,
  ambiguousUntil: string | null,
  dueAt: string | null,
  lookingSince: string | null,
  updatedAt: string,
  failure: Failure | null,
];

export interface SubmissionRow {
  readonly id: string;
  readonly client_id: string;
  readonly kind: string;
  readonly natural_id: string;
  readonly status: Status;
  readonly version: number;
  readonly created_at: number;
  readonly updated_at: number;
  readonly settled_at: number | null;
  readonly failure: Failure | null;
  readonly facts: JsonObject | null;
  readonly callback_url: string | null;
  readonly traceparent: string | null;
  readonly registrations: readonly RegistrationRow[] | null;
}

export interface DocumentRow extends SubmissionRow {
  readonly body: string;
  readonly content_type: string;
}

export function toSubmission(row: SubmissionRow): Submission {
  return {
    id: row.id,
    kind: row.kind,
    clientId: row.client_id,
    naturalId: row.natural_id,
    status: row.status,
    version: row.version,
    failure: row.failure,
    facts: row.facts ?? {},
    registrations: (row.registrations ?? []).map(toRegistration),
    callbackUrl: row.callback_url,
    traceparent: row.traceparent,
    createdAt: row.created_at,
    updatedAt: row.updated_at,
    settledAt: row.settled_at,
  };
}

export function toFound(row: DocumentRow): FoundSubmission {
  return { submission: toSubmission(row), body: row.body, contentType: row.content_type };
}

function toRegistration(row: RegistrationRow): Registration {
  const [leg, provider, status, reference, idempotencyKey, attempts, looks, told] = row;
  return {
    leg,
    provider,
    status,
    reference,
    idempotencyKey,
    attempts,
    looks,
    told,
    tellingSince: ms(row[8]),
    ambiguousUntil: ms(row[9]),
    dueAt: ms(row[10]),
    lookingSince: ms(row[11]),
    updatedAt: Date.parse(row[12]),
    failure: row[13],
  };
}

function ms(time: string | null): number | null {
  return time === null ? null : Date.parse(time);
}
