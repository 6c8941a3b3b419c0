import type { Dispatcher } from 'undici';
import { codeOf, reasonOf } from './no-answer-reason.ts';
import type { NoAnswerReason, OutboundRequest, OutboundResult } from './outbound-types.ts';
import { parseRetryAfter } from './retry-after.ts';
import { unpack } from './unpack.ts';
import { wasReused } from './connect.ts';

/** What an exchange needs to run, made once per call. */
export interface ExchangePlan {
  readonly dispatcher: Dispatcher;
  readonly options: Dispatcher.DispatchOptions;
  readonly maxBytes: number;
  /** `https://host:443`, for messages. */
  readonly origin: string;
}

const NO_HEADERS: Readonly<Record<string, string>> = {};

/**
 * One request and its answer, as undici's handler. Written against `dispatch` and not `request()` for two reasons: `onRequestStart`
 * tells exactly when the first byte is about to be written (that is `sent`), and it saves a stream per call.
 */
export class Exchange implements Dispatcher.DispatchHandler {
  readonly #plan: ExchangePlan;
  readonly #request: OutboundRequest;
  readonly #resolve: (result: OutboundResult) => void;
  readonly #reject: (error: TypeError) => void;
  readonly #startedAt = performance.now();
  readonly #timer: NodeJS.Timeout;
  readonly #onAbort: (() => void) | undefined;
  #controller: Dispatcher.DispatchController | undefined;
  #over = false;
  #everSent = false;
  #retried = false;
  #statusCode = 0;
  #headers: Readonly<Record<string, string>> = NO_HEADERS;
  #chunks: Buffer[] = [];
  #bytes = 0;

  constructor(
    plan: ExchangePlan,
    request: OutboundRequest,
    resolve: (result: OutboundResult) => void,
    reject: (error: TypeError) => void,
  ) {
    this.#plan = plan;
    this.#request = request;
    this.#resolve = resolve;
    this.#reject = reject;
    // undici's own timers are late by up to a second (300 ms fired at 997 ms); this one is exact and ends the wait for a connection too.
    // After a stall of our own the answer may lie there unread: it is read before anybody is called silent.
    this.#timer = setTimeout(() => setImmediate(() => this.#giveUp('timeout')), request.timeoutMs);
    if (request.signal) {
      this.#onAbort = () => this.#giveUp('aborted');
      request.signal.addEventListener('abort', this.#onAbort, { once: true });
    }
  }

  /** Hands the request to undici, which answers by the `on…` methods only. */
  start(): void {
    this.#plan.dispatcher.dispatch(this.#plan.options, this);
  }

  onRequestStart(controller: Dispatcher.DispatchController): void {
    // Given up while waiting for the connection, or undici would send it a second time: stop before the first byte.
    if (this.#over || this.#controller) return controller.abort(new Error('given up before it was sent'));
    if (this.#request.isStillDue?.() === false) {
      this.#giveUp('aborted');
      return controller.abort(new Error('no longer due'));
    }
    this.#controller = controller;
    this.#everSent = true;
  }

  onResponseStart(
    _controller: Dispatcher.DispatchController,
    statusCode: number,
    headers: Record<string, string | string[] | undefined>,
  ): void {
    if (statusCode < 200) return; // 100 Continue and 103 Early Hints are not answers
    this.#statusCode = statusCode;
    for (const name in headers) if (Array.isArray(headers[name])) headers[name] = headers[name].join(', ');
    this.#headers = headers as Record<string, string>; // every list was joined on the line above
  }

  onResponseData(controller: Dispatcher.DispatchController, chunk: Buffer): void {
    if (this.#over) return;
    this.#chunks.push(chunk);
    this.#bytes += chunk.length;
    if (this.#bytes <= this.#plan.maxBytes) return;
    this.#answer(true);
    controller.abort(new Error('answer cut'));
  }

  onResponseEnd(): void {
    this.#answer(false);
  }

  onResponseError(_controller: Dispatcher.DispatchController, error: Error): void {
    if (this.#over) return;
    if (codeOf(error) === 'UND_ERR_INVALID_ARG') return this.#refuse(error);
    if (this.#mayRepeat(error)) return this.#repeat();
    this.#noAnswer(reasonOf(error), codeOf(error) || error.message);
  }

  /**
   * A kept connection that the other side closed just as we used it says nothing about the other side. What was not yet written is
   * handed over again; so is a GET, once. A POST whose first byte left is never repeated here: that is the flow's decision.
   */
  #mayRepeat(error: Error): boolean {
    if (this.#retried || this.#statusCode !== 0 || !wasReused(error)) return false;
    return this.#controller === undefined || this.#request.method === 'GET';
  }

  #repeat(): void {
    this.#retried = true;
    this.#controller = undefined;
    this.start();
  }

  /** A header with a line break or the like: the caller's mistake, which no later try would mend. */
  #refuse(error: Error): void {
    this.#letGo();
    this.#reject(new TypeError(`${this.#request.method} ${this.#plan.origin}: ${error.message}`));
  }

  #giveUp(reason: 'timeout' | 'aborted'): void {
    if (this.#over) return;
    const told = reason === 'timeout' ? `no whole answer within ${this.#request.timeoutMs} ms` : 'the call was aborted';
    this.#noAnswer(reason, told);
    this.#controller?.abort(new Error(told));
  }

  #answer(truncated: boolean): void {
    const retryAfterMs = parseRetryAfter(this.#headers['retry-after'], Date.now());
    const encoding = this.#headers['content-encoding']?.toLowerCase();
    const unpacked =
      encoding === undefined || truncated
        ? undefined
        : unpack(Buffer.concat(this.#chunks), encoding, this.#plan.maxBytes);
    const isCut = truncated || (unpacked === undefined && encoding !== undefined && encoding !== 'identity');
    this.#end({
      type: 'answer',
      statusCode: this.#statusCode,
      headers: this.#headers,
      body:
        unpacked?.toString('utf8') ?? textOf(this.#chunks, truncated ? this.#plan.maxBytes : this.#bytes, truncated),
      truncated: isCut,
      durationMs: this.#elapsedMs(),
      ...(retryAfterMs === undefined ? undefined : { retryAfterMs }),
    });
  }

  #noAnswer(reason: NoAnswerReason, detail: string): void {
    const sent = this.#everSent ? 'maybe' : 'no';
    const message = `${this.#request.method} ${this.#plan.origin}: ${reason} (${detail})`;
    this.#end({ type: 'no-answer', reason, sent, message, durationMs: this.#elapsedMs() });
  }

  #end(result: OutboundResult): void {
    if (this.#over) return;
    this.#letGo();
    this.#resolve(result);
  }

  /** Timer, signal and bytes. */
  #letGo(): void {
    this.#over = true;
    this.#chunks = [];
    clearTimeout(this.#timer);
    if (this.#onAbort) this.#request.signal?.removeEventListener('abort', this.#onAbort);
  }

  #elapsedMs(): number {
    return Math.round(performance.now() - this.#startedAt);
  }
}

/** The first `bytes` bytes as text; a character cut in two at the end is left out. */
function textOf(chunks: readonly Buffer[], bytes: number, truncated: boolean): string {
  const [first] = chunks;
  if (!first) return '';
  const whole = chunks.length === 1 ? first : Buffer.concat(chunks);
  return truncated
    ? new TextDecoder('utf-8', { ignoreBOM: true }).decode(whole.subarray(0, bytes), { stream: true })
    : whole.toString('utf8');
}
