import type { JsonObject } from './json.ts';
import type { Standing, Status } from './status.ts';

/** Why something ended badly, in words for the client: `code` is stable, `message` is for people. */
export interface Failure {
  readonly code: string;
  readonly provider?: string;
  readonly message: string;
  /** What is wrong with a document, thing by thing. */
  readonly violations?: readonly Violation[];
}

/** One thing that is wrong with a document: where, as far as that can be said, and what would be right. */
export interface Violation {
  readonly detail: string;
  /** JSON pointer into a JSON document. */
  readonly pointer?: string;
  /** 1-based. */
  readonly line?: number;
  readonly column?: number;
  /** The rule of the document's type that does not hold. */
  readonly rule?: string;
}

/**
 * A submission's standing in one third party's books. Times are milliseconds of the database's clock
 * (Unix epoch): a process's own clock may step, and back-offs that guard money may not.
 */
export interface Registration {
  readonly leg: string;
  readonly provider: string;
  readonly status: Standing;
  /** The third party's own name for it. */
  readonly reference: string | null;
  /** Ours towards them: stored before the first call, never changed. */
  readonly idempotencyKey: string;
  /** How often we told them, the try in flight included. */
  readonly attempts: number;
  /** When the try in flight began (t0); null once its outcome is written. A crash leaves it standing. */
  readonly tellingSince: number | null;
  /** Nothing may be sent again before this: an earlier try with an unknown outcome may still take effect. */
  readonly ambiguousUntil: number | null;
  /** They have acknowledged it: from here on we look, and never tell again. */
  readonly told: boolean;
  /** Looks made since we began to look for the end; before the first acknowledgement, looks made before telling. */
  readonly looks: number;
  /** Not before this is the next try or look due; null = at once. */
  readonly dueAt: number | null;
  /** When we began to look for the end; the age limit counts from here. */
  readonly lookingSince: number | null;
  /** Why it is REFUSED or UNRESOLVED, or what the last try that will not be repeated said. */
  readonly failure: Failure | null;
  readonly updatedAt: number;
}

/** What a client asked for, once, and how it stands: the unit of every compare-and-set. */
export interface Submission {
  readonly id: string;
  readonly kind: string;
  readonly clientId: string;
  /** Unique per client and kind, for ever: the client's own id where the body carried one, else `keyedId(its idempotency key)`. */
  readonly naturalId: string;
  readonly status: Status;
  readonly version: number;
  readonly failure: Failure | null;
  /** Top-level fields a kind adds to its resource, such as `onRampTxId`. */
  readonly facts: JsonObject;
  readonly registrations: readonly Registration[];
  readonly callbackUrl: string | null;
  readonly traceparent: string | null;
  readonly createdAt: number;
  readonly updatedAt: number;
  readonly settledAt: number | null;
}

/** A submission in the worker's hands: with the body as accepted and the database's time when it was read. */
export interface LoadedSubmission extends Submission {
  /** The accepted body: for JSON kinds its exact text. */
  readonly body: string;
  readonly contentType: string;
  /** Accepted webhooks nobody has applied yet, oldest first: their tickets may be lost, so every visit hears them first. */
  readonly unheard?: readonly string[];
  /** Milliseconds of the database's clock at reading, and `performance.now()` then: together a clock that cannot step. */
  readonly readAt: { readonly databaseMs: number; readonly monotonicMs: number };
}

/** No id of a client begins with it. */
const KEY_SIGN = '#';

/** The natural id of a submission whose client gave no id but an idempotency key: unique, and nobody's name. */
export function keyedId(key: string): string {
  return KEY_SIGN + key;
}

export function isKeyed(naturalId: string): boolean {
  return naturalId.startsWith(KEY_SIGN);
}

/** What it is called in URLs and resources: the client's id where the body carried one, else ours. */
export function nameOf({ id, naturalId }: Pick<Submission, 'id' | 'naturalId'>): string {
  return isKeyed(naturalId) ? id : naturalId;
}

export function registrationOf(submission: Submission, leg: string): Registration | undefined {
  return submission.registrations.find((r) => r.leg === leg);
}
