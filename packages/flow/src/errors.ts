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

/**
 * This worker cannot do it, another may: a newer kind's ticket on an older worker, a third party whose address this one
 * was not given. The ticket waits, and no attempt is spent: API and workers may be deployed in any order.
 */
export class ElsewhereError extends Error {
  override readonly name = 'ElsewhereError';
  readonly code: string;
  /** Long enough not to spin, short enough to be taken up soon after the newer worker has come. */
  readonly retryAfterMs = 5_000;
  constructor(code: string, message: string) {
    super(message);
    this.code = code;
  }
}
