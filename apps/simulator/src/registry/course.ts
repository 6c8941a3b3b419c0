import { z } from 'zod';

/** A word the registry uses for a transaction's state. The three known ones, or one nobody has heard of. */
export type Word = string;

/** What may be tuned in a fate. All `...Ms` count from the arrival of the POST and are scaled by the town's timers. */
export const paramsSchema = z.strictObject({
  /** The end it comes to. */
  end: z.string().min(1).exactOptional(),
  /** For how many POSTs of one id the fate holds; later POSTs are served well. */
  tries: z.int().min(1).exactOptional(),
  answerMs: z.number().min(0).exactOptional(),
  settleMs: z.number().min(0).exactOptional(),
  webhookMs: z.number().min(0).exactOptional(),
  /** When an effect that outlives its own 504 shows up: up to 120 s at the original. */
  lateMs: z.number().min(0).exactOptional(),
  /** The Retry-After header's value; whole seconds, not scaled. */
  retryAfterSeconds: z.int().min(0).exactOptional(),
  /** The HTTP status of a refusal. */
  httpStatus: z.int().min(400).max(599).exactOptional(),
  /** Size of a huge answer. */
  bytes: z.int().min(1).exactOptional(),
  /** Pause between two bytes of a dripping answer. */
  dripMs: z.number().min(0).exactOptional(),
});

/** As `paramsSchema` gives it: only what was said. */
export type GivenParams = z.infer<typeof paramsSchema>;
/** Everything said. */
export type Params = { [Name in keyof GivenParams]-?: NonNullable<GivenParams[Name]> };

export const defaultParams: Params = {
  end: 'completed',
  tries: Infinity,
  answerMs: 0,
  settleMs: 1_000,
  webhookMs: 1_000,
  lateMs: 3_000,
  retryAfterSeconds: 1,
  httpStatus: 400,
  bytes: 8 * 1024 * 1024,
  dripMs: 1_000,
};

/** How the POST is answered. `record`: 200 with `{ id, status }`, the status of that moment or `word`. */
export type Answer =
  | { how: 'record'; afterMs: number; word?: Word; afterWebhooks?: boolean; withWebhookUrl?: boolean }
  | { how: 'fixed'; afterMs: number; status: number; body: string; headers?: Record<string, string> }
  | { how: 'huge'; bytes: number }
  | { how: 'drip'; everyMs: number }
  | { how: 'reset'; afterMs: number }
  | { how: 'silence' };

/** One webhook. `now`: the status of that moment. A forged one carries a token nobody gave out. */
export interface Webhook {
  readonly afterMs: number;
  readonly status: Word | 'now';
  readonly forged?: boolean;
}

/** What a GET tells: the truth, nothing (404), no answer at all, or these words one after the other, round and round. */
export type Looks = 'truth' | 'absent' | 'silence' | readonly Word[];

/** All that follows from one POST. */
export interface Course {
  /** When the record stands in their books; null: never. */
  readonly effectMs: number | null;
  /** Its status until `settleMs`. */
  readonly first: Word;
  readonly end: Word;
  /** When `first` becomes `end`; 0: at once; Infinity: never. */
  readonly settleMs: number;
  readonly answer: Answer;
  readonly webhooks: readonly Webhook[];
  readonly looks: Looks;
}
