import type { JsonObject } from './json.ts';

/**
 * Failing is thrown; waiting is returned. These errors cross a process wall, so whoever handles them reads
 * `name` and `code`, never `instanceof`.
 */
export class RetryableError extends Error {
  override readonly name = 'RetryableError';
  readonly code: string;
  readonly facts: JsonObject;
  readonly retryAfterMs: number | undefined;
  constructor(code: string, message: string, facts: JsonObject = {}, retryAfterMs?: number) {
    super(message);
    this.code = code;
    this.facts = facts;
    this.retryAfterMs = retryAfterMs;
  }
}

/** No repetition will mend it: a row that does not exist, a kind this worker does not know, a broken plan. */
export class TerminalError extends Error {
  override readonly name = 'TerminalError';
  readonly code: string;
  readonly facts: JsonObject;
  constructor(code: string, message: string, facts: JsonObject = {}) {
    super(message);
    this.code = code;
    this.facts = facts;
  }
}

export function isTerminal(error: unknown): boolean {
  return error instanceof Object && 'name' in error && error.name === 'TerminalError';
}
