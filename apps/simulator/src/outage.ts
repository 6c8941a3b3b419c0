import { z } from 'zod';
import type { Timers } from './timers.ts';
import { answerJson, reset } from './http.ts';
import type { Call } from './party.ts';

export const outageSchema = z.strictObject({
  /** What every request meets: an HTTP status of 400 or more, no answer, or a reset. */
  answer: z.union([z.int().min(400).max(599), z.enum(['silence', 'reset'])]),
  /** Only these methods; without it all. */
  methods: z.array(z.enum(['GET', 'POST', 'PUT', 'PATCH', 'DELETE'])).optional(),
  /** Only paths that begin with this, e.g. `/heartbeat`; without it all. */
  path: z.string().startsWith('/').optional(),
  /** Ends by itself after this long (scaled), or after this many requests; with neither, on DELETE. */
  forMs: z.number().min(0).optional(),
  next: z.int().min(1).optional(),
  retryAfterSeconds: z.int().min(0).optional(),
});
export type Outage = z.infer<typeof outageSchema>;

/** A whole third party is down, whatever the submission's fate: nothing is read, nothing is written. */
export interface Outages {
  begin(outage: Outage): void;
  end(): void;
  current(): Outage | null;
  /** Answers in the outage's way and gives the outcome; null when there is none for this request. */
  meet(call: Call): { outcome: string; retryAfterSeconds: number | null } | null;
}

/** @param name who is out of order, for the answer's text */
export function createOutages(timers: Timers, name: string): Outages {
  let current: Outage | null = null;
  return {
    begin(outage) {
      const begun = { ...outage };
      current = begun;
      if (outage.forMs !== undefined) timers.after(outage.forMs, () => void (current === begun && (current = null)));
    },
    end: () => void (current = null),
    current: () => current,
    meet(call) {
      if (!current || !concerns(current, call)) return null;
      const { answer, retryAfterSeconds = null } = current;
      if (current.next !== undefined && --current.next === 0) current = null;
      if (answer === 'reset') reset(call.response);
      else if (answer !== 'silence') {
        const headers: Record<string, string> =
          retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
        answerJson(call.response, answer, { error: `the ${name} is out of order` }, headers);
      }
      return { outcome: String(answer), retryAfterSeconds };
    },
  };
}

function concerns({ methods, path }: Outage, call: Call): boolean {
  const method = methods === undefined || methods.some((name) => name === call.method);
  return method && (path === undefined || call.path.startsWith(path));
}
