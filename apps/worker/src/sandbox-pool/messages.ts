import type { Outcome, Ticket } from '@countersign/flow';
import type { MetricJson } from '@countersign/process';

/** What crosses the wall between the worker and its sandboxes: plain JSON, many jobs in one message. */

/** A visit to make. The numbers are the pool's own. */
export interface Order {
  readonly n: number;
  readonly ticket: Ticket;
  readonly holder: string;
  readonly attempt: number;
  readonly deaths: number;
}

/** An error as it crosses: by name and code, never by class. */
export interface CrossedError {
  readonly name: string;
  readonly message: string;
  readonly code?: string;
  readonly retryAfterMs?: number;
  readonly stack?: string;
}

export type Answer =
  { readonly n: number; readonly outcome: Outcome } | { readonly n: number; readonly error: CrossedError };

export type ToSandbox =
  | { readonly type: 'work'; readonly orders: readonly Order[]; readonly aborted: readonly number[] }
  | { readonly type: 'ping' }
  /** Light visits of this client are in the worker's hands, or the last of them has ended. */
  | { readonly type: 'light'; readonly client: string; readonly inHand: boolean }
  /** Those who may send, two of them at most; while nobody knows nothing is said. */
  | { readonly type: 'senders'; readonly clients: readonly string[] }
  | { readonly type: 'metrics'; readonly n: number };

export type FromSandbox =
  | { readonly type: 'ready' }
  /** Answers; `plain` are the numbers of those that simply were done. */
  | { readonly type: 'answers'; readonly plain: readonly number[]; readonly answers: readonly Answer[] }
  | { readonly type: 'pong'; readonly rssBytes: number }
  | { readonly type: 'metrics'; readonly n: number; readonly metrics: MetricJson[] };

export function crossing(error: unknown): CrossedError {
  const given: Record<string, unknown> = error instanceof Object ? { ...error } : {};
  const { name, message, stack } = error instanceof Error ? error : new Error(String(error));
  return {
    name: typeof given['name'] === 'string' ? given['name'] : name,
    message,
    ...(typeof given['code'] === 'string' ? { code: given['code'] } : {}),
    ...(typeof given['retryAfterMs'] === 'number' ? { retryAfterMs: given['retryAfterMs'] } : {}),
    ...(stack === undefined ? {} : { stack }),
  };
}

/** The error again, on this side of the wall. */
export function crossed(error: CrossedError): Error {
  return Object.assign(new Error(error.message), error);
}
