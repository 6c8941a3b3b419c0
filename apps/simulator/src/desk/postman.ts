import { Agent, request } from 'undici';
import type { Timers } from '../timers.ts';

/** One webhook to deliver. */
export interface Letter {
  readonly url: string;
  readonly body: string;
  /** Made anew for each attempt, for third parties whose signature carries the time. */
  readonly headers: () => Record<string, string>;
  /** Waits before the second attempt, the third, ... in ms, scaled. Empty: once only. */
  readonly retryMs: readonly number[];
  /** Told of each attempt's outcome: the status it was answered with, `timeout` or `error`. */
  readonly tried: (outcome: string, attempt: number) => void;
}

/** Delivers webhooks. */
export interface Postman {
  /** Resolves with the first attempt's outcome; further attempts, when it was 400 or more, follow by themselves. */
  deliver(letter: Letter): Promise<string>;
  close(): Promise<void>;
}

/** Checkbox: exponentially from 1 s to 30 min, for 4 h. */
export const fourHours: readonly number[] = spread(1_000, 1_800_000, 14_400_000);

function spread(firstMs: number, mostMs: number, altogetherMs: number): number[] {
  const waits: number[] = [];
  let sum = 0;
  for (let wait = firstMs; sum + wait <= altogetherMs; wait = Math.min(wait * 2, mostMs)) {
    waits.push(wait);
    sum += wait;
  }
  return waits;
}

/** @param timeoutMs real time, not scaled: it is our patience with the receiver. */
export function createPostman(timers: Timers, timeoutMs: number): Postman {
  const agent = new Agent({ connections: 64, pipelining: 1, keepAliveTimeout: 4_000 });
  const once = async ({ url, body, headers }: Letter): Promise<string> => {
    try {
      const answer = await request(url, {
        dispatcher: agent,
        method: 'POST',
        headers: { 'content-type': 'application/json', 'user-agent': 'third-party-simulator', ...headers() },
        body,
        signal: AbortSignal.timeout(timeoutMs),
      });
      await answer.body.dump();
      return String(answer.statusCode);
    } catch (error) {
      return error instanceof Error && error.name === 'TimeoutError' ? 'timeout' : 'error';
    }
  };
  const attempt = async (letter: Letter, number: number): Promise<string> => {
    const outcome = await timers.during(once(letter));
    letter.tried(outcome, number);
    const wait = letter.retryMs[number - 1];
    // Not a number: `timeout` and `error` are tried again too.
    if (wait !== undefined && !(Number(outcome) < 400)) timers.after(wait, () => void attempt(letter, number + 1));
    return outcome;
  };
  return { deliver: (letter) => attempt(letter, 1), close: () => agent.destroy() };
}
