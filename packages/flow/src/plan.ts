import type { JsonObject } from './json.ts';
import type { Failure, LoadedSubmission, Submission } from './submission.ts';

/** One registration a kind needs: whose books, under which name. */
export interface Leg {
  readonly leg: string;
  readonly provider: string;
  /** Ours towards them, always the same for this leg; `<submission>:<leg>` unless given. Stored when the leg is opened. */
  readonly idempotencyKey?: string;
}

export interface Verdict {
  readonly status: 'COMPLETED' | 'FAILED' | 'UNRESOLVED';
  readonly failure?: Failure;
  readonly facts?: JsonObject;
}

/** A kind as the worker sees it: which books it must stand in, and what follows from how it stands there. All pure. */
export interface Plan {
  readonly kind: string;
  /** Its place in URLs: `transactions`. */
  readonly path: string;
  /** The legs that should be open now; legs may open others (a payment's off-ramp opens when its on-ramp is done). */
  readonly legs: (submission: Submission) => readonly Leg[];
  /** The end, as soon as it is decided; undefined while it is not. */
  readonly conclude: (submission: Submission) => Verdict | undefined;
  /** Judges the body before anything is told to anybody (receipts: schema and rules). Absent: the door has judged it. */
  readonly judge?: (submission: LoadedSubmission) => Promise<Failure | undefined>;
  /** Tell the client `<kind>.pending` when the first look knows nothing. */
  readonly tellsPending?: boolean;
}

/** The rule most kinds share: all done → COMPLETED; any refusal → FAILED with its reason; else, none left to wait for → UNRESOLVED. */
export function concludeTogether(plan: Pick<Plan, 'legs'>, submission: Submission): Verdict | undefined {
  const open = plan.legs(submission).map((leg) => submission.registrations.find((r) => r.leg === leg.leg));
  const refused = open.find((r) => r?.status === 'REFUSED');
  if (refused) {
    return {
      status: 'FAILED',
      failure: refused.failure ?? {
        code: 'REFUSED',
        provider: refused.provider,
        message: `${refused.provider} refused it`,
      },
    };
  }
  if (open.every((r) => r?.status === 'DONE')) return { status: 'COMPLETED' };
  if (open.some((r) => r === undefined || r.status === 'PENDING')) return undefined;
  const unresolved = open.find((r) => r?.status === 'UNRESOLVED');
  return unresolved?.failure ? { status: 'UNRESOLVED', failure: unresolved.failure } : { status: 'UNRESOLVED' };
}
