import { z } from 'zod';

/** What may be tuned in a fate. All `...Ms` count from the arrival of the request and are scaled by the town's timers. */
export const paramsSchema = z.strictObject({
  /** For how many requests of one id the fate holds; later ones are served well. */
  tries: z.int().min(1).exactOptional(),
  answerMs: z.number().min(0).exactOptional(),
  /** When it has come to its end. */
  settleMs: z.number().min(0).exactOptional(),
  /** When a webhook goes out that goes its own way. */
  webhookMs: z.number().min(0).exactOptional(),
  /** When an effect that outlives its own 504 shows up. */
  lateMs: z.number().min(0).exactOptional(),
  /** How long "long" is. */
  longMs: z.number().min(0).exactOptional(),
  /** The Retry-After header's value; whole seconds, not scaled. */
  retryAfterSeconds: z.int().min(0).exactOptional(),
  /** The HTTP status and the code of a refusal. */
  httpStatus: z.int().min(400).max(599).exactOptional(),
  code: z.string().min(1).exactOptional(),
  /** Size of a huge answer. */
  bytes: z.int().min(1).exactOptional(),
});

/** As `paramsSchema` gives it: only what was said. */
export type GivenParams = z.infer<typeof paramsSchema>;
/** Everything said. */
export type Params = { [Name in keyof GivenParams]-?: NonNullable<GivenParams[Name]> };

export const defaultParams: Params = {
  tries: Infinity,
  answerMs: 0,
  settleMs: 1_000,
  webhookMs: 2_000,
  lateMs: 3_000,
  longMs: 30_000,
  retryAfterSeconds: 1,
  httpStatus: 400,
  code: 'refused',
  bytes: 8 * 1024 * 1024,
};

/** How a request is met instead of well. */
export interface Trouble {
  /** Whether what was asked for happens all the same, and when. */
  readonly effect: 'kept' | 'late' | 'lost';
  readonly how: 'status' | 'silence' | 'reset' | 'malformed' | 'huge' | 'redirect';
  /** For `status`; without it `httpStatus` of the params. */
  readonly status?: number;
  readonly retryAfter?: boolean;
  /** From then on looking is not answered either. */
  readonly deaf?: boolean;
}

/** What can happen to a submission at a third party. `Life` is what becomes of the record, once it is written. */
export interface Fate<Life> {
  /** The cents of an amount that make it happen in the profile `calm`; null where no amount is told. */
  readonly cents: number | null;
  /** What a person sees, in one line. */
  readonly does: string;
  readonly params?: GivenParams;
  readonly trouble?: Trouble;
  /** Without it, the party's ordinary life. */
  readonly life?: (params: Params) => Life;
}

export type Fates<Life> = Readonly<Record<string, Fate<Life>>>;
