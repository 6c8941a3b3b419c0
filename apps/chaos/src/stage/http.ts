import { Pool } from 'undici';

/** An answer, or how it failed to come. */
export type Answer =
  | {
      readonly outcome: 'answered';
      readonly ms: number;
      readonly status: number;
      readonly headers: Record<string, string>;
      readonly text: string;
    }
  | { readonly outcome: 'refused' | 'cut' | 'timeout'; readonly ms: number };

/** Each request is answered or closed within 15 s (I-23); a little more, so that 15 s themselves are seen. */
const ANSWER_WITHIN_MS = 15_500;

/** Calls one API process as a client does: keep-alive connections, no retries of its own. */
export interface Caller {
  readonly name: string;
  call(
    method: 'GET' | 'POST' | 'PUT',
    path: string,
    key: string,
    body?: string,
    headers?: Readonly<Record<string, string>>,
  ): Promise<Answer>;
  close(): Promise<void>;
}

export function openCaller(name: string, url: string): Caller {
  const pool = new Pool(url, {
    connections: 64,
    headersTimeout: ANSWER_WITHIN_MS,
    bodyTimeout: ANSWER_WITHIN_MS,
    keepAliveTimeout: 2_000,
  });
  return {
    name,
    async call(method, path, key, body, headers = {}) {
      const began = performance.now();
      try {
        const answer = await pool.request({
          method,
          path,
          headers: {
            authorization: `Bearer ${key}`,
            ...(body === undefined ? {} : { 'content-type': 'application/json' }),
            ...headers,
          },
          signal: AbortSignal.timeout(ANSWER_WITHIN_MS),
          ...(body === undefined ? {} : { body }),
        });
        const text = await answer.body.text();
        return {
          outcome: 'answered',
          ms: performance.now() - began,
          status: answer.statusCode,
          headers: flat(answer.headers),
          text,
        };
      } catch (error) {
        return { outcome: outcomeOf(error), ms: performance.now() - began };
      }
    },
    close: () => pool.destroy(),
  };
}

function outcomeOf(error: unknown): 'refused' | 'cut' | 'timeout' {
  const code = error instanceof Error && 'code' in error ? String(error.code) : '';
  const name = error instanceof Error ? error.name : '';
  if (code === 'ECONNREFUSED') return 'refused';
  return code.includes('TIMEOUT') || name === 'TimeoutError' ? 'timeout' : 'cut';
}

function flat(headers: Record<string, string | string[] | undefined>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(headers).map(([name, value]) => [name, Array.isArray(value) ? value.join(', ') : (value ?? '')]),
  );
}

/** A JSON object in a text, or an empty one. */
export function objectIn(text: string): Record<string, unknown> {
  try {
    const value: unknown = JSON.parse(text);
    // Fields are looked at one by one where they are used.
    return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : {};
  } catch {
    return {};
  }
}
