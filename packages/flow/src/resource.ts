import type { JsonObject } from './json.ts';
import { nameOf, type Failure, type Registration, type Submission } from './submission.ts';

/** What of a submission changes over its life; enough, with the accepted body, to show it as it stood at one version. */
export interface Snapshot {
  readonly status: Submission['status'];
  readonly version: number;
  readonly updatedAt: number;
  readonly settledAt: number | null;
  readonly failure: Failure | null;
  readonly facts: JsonObject;
  readonly registrations: readonly Pick<
    Registration,
    'leg' | 'provider' | 'status' | 'reference' | 'attempts' | 'updatedAt'
  >[];
}

/** What never changes. */
export type Identity = Pick<Submission, 'id' | 'kind' | 'naturalId' | 'createdAt'>;

export function snapshotOf(submission: Submission): Snapshot {
  const { status, version, updatedAt, settledAt, failure, facts } = submission;
  const registrations = submission.registrations.map(({ leg, provider, status, reference, attempts, updatedAt }) => ({
    leg,
    provider,
    status,
    reference,
    attempts,
    updatedAt,
  }));
  return { status, version, updatedAt, settledAt, failure, facts, registrations };
}

/**
 * The resource of contract section 3.2 as JSON text. `requestJson` is spliced in as it was accepted, so digits and
 * key order come back exactly; it must be JSON text ("null" where the body is not JSON).
 */
export function resourceText(identity: Identity, path: string, snapshot: Snapshot, requestJson: string): string {
  const self = `/v1/${path}/${encodeURIComponent(nameOf(identity))}`;
  const head = JSON.stringify({
    id: nameOf(identity),
    submissionId: identity.id,
    kind: identity.kind,
    status: snapshot.status,
    version: snapshot.version,
    createdAt: iso(identity.createdAt),
    updatedAt: iso(snapshot.updatedAt),
    settledAt: snapshot.settledAt === null ? null : iso(snapshot.settledAt),
    error: snapshot.failure,
    ...snapshot.facts,
    registrations: snapshot.registrations.map((r) => ({
      provider: r.provider,
      status: r.status,
      reference: r.reference,
      attempts: r.attempts,
      updatedAt: iso(r.updatedAt),
    })),
  });
  const links = JSON.stringify({ self, timeline: `${self}/timeline` });
  return `${head.slice(0, -1)},"request":${requestJson},"links":${links}}`;
}

/** RFC 3339 UTC with milliseconds. */
export function iso(ms: number): string {
  return new Date(ms).toISOString();
}
