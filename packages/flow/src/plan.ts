import type { DeadLetterDraft, ResultDraft } from './change.ts';
import type { Json, JsonObject } from './json.ts';
import type { Word } from './provider.ts';
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
  /** For the timeline, beside the move: what a reader of it must know. */
  readonly reason?: string;
  /** What was given up on the way to this end, where that is not told by an UNRESOLVED leg. */
  readonly letters?: readonly DeadLetterDraft[];
}

/** What a judge found: a failure ends the submission before anything was told to anybody; facts are kept either way. */
export interface Judgement {
  readonly failure?: Failure;
  readonly facts?: JsonObject;
}

/** What a judge may ask of the house. */
export interface JudgeHands {
  /** The bytes as they came, for kinds whose bodies are documents. */
  readonly document: () => Promise<Uint8Array>;
  /** What administrators defined for this kind, as it stands at this moment: the newest version of each name. */
  readonly definitions: () => Promise<readonly Definition[]>;
}

/** Something of a kind that administrators define while everything runs (receipt types). Versions of a name count from 1. */
export interface Definition {
  readonly name: string;
  readonly version: number;
  readonly body: Json;
}

/** What still follows from a word about a leg that has settled: noted and told, while every status stays what it is. */
export interface Afterword {
  /** The callback's word: `returned` → `payment.returned`. */
  readonly callback: string;
  readonly facts: JsonObject;
}

/** A kind as the worker sees it: which books it must stand in, and what follows from how it stands there. All pure. */
export interface Plan {
  readonly kind: string;
  /** Its place in URLs: `transactions`. */
  readonly path: string;
  /** The legs that should be open now; legs may open others (a payment's off-ramp opens when its on-ramp is done). */
  readonly legs: (submission: LoadedSubmission) => readonly Leg[];
  /** The end, as soon as it is decided; undefined while it is not. */
  readonly conclude: (submission: LoadedSubmission) => Verdict | undefined;
  /** Judges the body before anything is told to anybody (receipts: schema and rules). Absent: the door has judged it. */
  readonly judge?: (submission: LoadedSubmission, hands: JudgeHands) => Promise<Judgement>;
  /** For third parties that take their last word back. undefined, or no hook: the word leaves its line in the timeline only. */
  readonly afterword?: (submission: Submission, leg: string, word: Word) => Afterword | undefined;
  /** What this end puts into the kind's results feed, in the same commit. Absent: the kind has no feed. */
  readonly result?: (submission: LoadedSubmission, verdict: Verdict) => ResultDraft;
  /** How long we look for the end where the submission itself asks for more or less than its provider's `maxAgeMs`. */
  readonly lookForMs?: (submission: LoadedSubmission, maxAgeMs: number) => number;
  /**
   * `elsewhere`: third parties are told by somebody else (payouts go to the bank in batches). A visit opens the legs, gives
   * up on those that were told and stay silent, and closes the books; it never tells.
   */
  readonly registers?: 'elsewhere';
  /** Tell the client `<kind>.pending` when the first look knows nothing. */
  readonly tellsPending?: boolean;
}

/** The rule most kinds share: all done → COMPLETED; any refusal → FAILED with its reason; else, none left to wait for → UNRESOLVED. */
export function concludeTogether(plan: Pick<Plan, 'legs'>, submission: LoadedSubmission): Verdict | undefined {
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
