import { z } from 'zod';
import type { Timers } from '../timers.ts';
import { answerJson, reset } from '../http.ts';
import type { ServerResponse } from 'node:http';

export const outageSchema = z.strictObject({
  /** What every request meets: an HTTP status of 400 or more, no answer, or a reset. */
  answer: z.union([z.int().min(400).max(599), z.enum(['silence', 'reset'])]),
  methods: z.array(z.enum(['GET', 'POST'])).default(['GET', 'POST']),
  /** Ends by itself after this long (scaled), or after this many requests; with neither, on DELETE. */
  forMs: z.number().min(0).optional(),
  next: z.int().min(1).optional(),
  retryAfterSeconds: z.int().min(0).optional(),
});
export type Outage = z.infer<typeof outageSchema>;

/** The whole registry is down, whatever the submission's fate: nothing is read, nothing is written. */
export interface Outages {
  begin(outage: Outage): void;
  end(): void;
  current(): Outage | null;
  /** Answers in the outage's way and gives the outcome; null when there is none for this method. */
  meet(method: string, response: ServerResponse): { outcome: string; retryAfterSeconds: number | null } | null;
}

export function createOutages(timers: Timers): Outages {
  let current: Outage | null = null;
  return {
    begin(outage) {
      const begun = { ...outage };
      current = begun;
      if (outage.forMs !== undefined) timers.after(outage.forMs, () => void (current === begun && (current = null)));
    },
    end: () => void (current = null),
    current: () => current,
    meet(method, response) {
      if (!current?.methods.some((name) => name === method)) return null;
      const { answer, retryAfterSeconds = null } = current;
      if (current.next !== undefined && --current.next === 0) current = null;
      if (answer === 'reset') reset(response);
      else if (answer !== 'silence') {
        const headers: Record<string, string> =
          retryAfterSeconds === null ? {} : { 'retry-after': String(retryAfterSeconds) };
        answerJson(response, answer, { error: 'the registry is out of order' }, headers);
      }
      return { outcome: String(answer), retryAfterSeconds };
    },
  };
}
