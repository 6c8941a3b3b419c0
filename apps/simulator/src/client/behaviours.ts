import { Readable } from 'node:stream';
import { pipeline } from 'node:stream/promises';
import { z } from 'zod';
import { answerJson, answerText, BadRequest, reset } from '../http.ts';
import type { Call } from '../party.ts';
import type { Timers } from '../timers.ts';

/** How the demo client can receive a callback: the name is what stands behind `/client/callbacks/`. */
export const behaviours = {
  fine: 'answers 200',
  slow: 'answers 200 after <number> ms (default 3000)',
  fail: 'answers 500 to the first <number> (default 3) deliveries of each webhook-id, then 200',
  gone: 'answers 410',
  busy: 'answers 429 with Retry-After 1 to the first <number> (default 1) deliveries, then 200',
  unavailable: 'answers 503 with Retry-After 1 to the first <number> (default 1) deliveries, then 200',
  redirect: 'answers 302 to a private address',
  hang: 'never answers',
  huge: 'answers 200 with <number> bytes (default 8388608)',
  reset: 'resets the connection',
} as const;
export type Behaviour = keyof typeof behaviours;
// Object.keys gives strings; these are the keys just written.
export const behaviourNames = Object.keys(behaviours) as [Behaviour, ...Behaviour[]];

export const clientRuleSchema = z.strictObject({
  match: z
    .strictObject({
      /** The submission's id: ours or the client's. */
      submission: z.string().optional(),
      /** What stands behind `/client/callbacks`. */
      path: z.string().optional(),
      /** Holds for this many deliveries, then is spent. */
      next: z.int().min(1).optional(),
    })
    .default({}),
  behaviour: z.enum(behaviourNames),
  number: z.int().min(0).optional(),
  retryAfterSeconds: z.int().min(0).optional(),
  location: z.string().optional(),
});
export type ClientRule = z.infer<typeof clientRuleSchema>;
/** A behaviour with its numbers. */
export type Conduct = Pick<ClientRule, 'behaviour' | 'number' | 'retryAfterSeconds' | 'location'>;

/** `/slow/500/anything` is slow by 500 ms; a path that begins with no behaviour's name is received well. */
export function conductOf(path: string): Conduct {
  const [, first = '', second = ''] = path.split('/');
  const behaviour = behaviourNames.find((name) => name === first) ?? 'fine';
  return /^\d+$/.test(second) ? { behaviour, number: Number(second) } : { behaviour };
}

/** Answers in that way and gives the word for the books. `delivery` counts the arrivals of one webhook-id from 1. */
export function conduct(call: Call, how: Conduct, delivery: number, timers: Timers): string {
  const { response } = call;
  const fine = (): string => {
    answerText(response, 200, '');
    return '200';
  };
  const refuse = (times: number, status: number, headers: Record<string, string>): string => {
    if (delivery > times) return fine();
    answerJson(response, status, { error: `no, as asked: delivery ${delivery}` }, headers);
    return String(status);
  };
  const retryAfter = { 'retry-after': String(how.retryAfterSeconds ?? 1) };
  switch (how.behaviour) {
    case 'fine':
      return fine();
    case 'slow':
      timers.after(how.number ?? 3_000, fine);
      return '200';
    case 'fail':
      return refuse(how.number ?? 3, 500, {});
    case 'gone':
      return refuse(Infinity, 410, {});
    case 'busy':
      return refuse(how.number ?? 1, 429, retryAfter);
    case 'unavailable':
      return refuse(how.number ?? 1, 503, retryAfter);
    case 'redirect':
      return refuse(how.number ?? Infinity, 302, { location: how.location ?? 'http://169.254.169.254/latest/' });
    case 'huge':
      return huge(call, how.number ?? 8 * 1024 * 1024);
    case 'hang':
      return 'silence';
    case 'reset':
      reset(response);
      return 'reset';
    default:
      throw new BadRequest(`no such behaviour: ${String(how.behaviour satisfies never)}`);
  }
}

function huge({ response }: Call, bytes: number): string {
  response.writeHead(200, { 'content-type': 'text/plain' });
  const chunk = 'x'.repeat(64 * 1024);
  const parts = function* (): Generator<string> {
    for (let left = bytes; left > 0; left -= chunk.length) yield chunk.slice(0, left);
  };
  // A caller that cuts answers hangs up in the middle.
  pipeline(Readable.from(parts()), response).catch(() => undefined);
  return 'huge';
}
