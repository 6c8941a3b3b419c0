import { randomBytes } from 'node:crypto';
import type { Answer, Ask, Evidence, Failure, Word } from '@countersign/flow';
import { urlUnder, type OutboundAnswer, type OutboundRequest, type OutboundResult } from '@countersign/outbound';
import type { ProviderSettings } from './settings.ts';

/** A call that went out, or did not because our limits for this destination are used up. */
export type Sent = {
  readonly result: OutboundResult | { readonly type: 'busy'; readonly forMs: number };
  readonly requestId: string;
};

/** The way out to one third party: its limits, its pool, its trace. Given by the worker. */
export type Way = (
  settings: ProviderSettings,
  name: string,
  request: OutboundRequest,
) => Promise<OutboundResult | { type: 'busy'; forMs: number }>;

/** Under the third party's base URL, or where it bade us look: the adapter has judged that. */
type Place = { readonly path: string } | { readonly url: string };

/** Sends one request about a submission; every call has an id of its own, which is also its span in the client's trace. */
export async function send(
  way: Way,
  name: string,
  settings: ProviderSettings,
  ask: Ask,
  request: Pick<OutboundRequest, 'method' | 'headers'> & Place & { readonly body?: string },
): Promise<Sent> {
  const requestId = randomBytes(8).toString('hex');
  const traceparent = spanOf(ask.submission.traceparent, requestId);
  const result = await way(settings, name, {
    method: request.method,
    url: 'url' in request ? request.url : urlUnder(settings.url, request.path),
    headers: { accept: 'application/json', 'x-request-id': requestId, ...request.headers },
    ...(request.body === undefined ? {} : { body: request.body }),
    ...(traceparent === undefined ? {} : { traceparent }),
    timeoutMs: settings.timeoutMs,
    signal: ask.signal,
    ...(ask.isStillDue === undefined ? {} : { isStillDue: ask.isStillDue }),
  });
  return { result, requestId };
}

/** W3C trace context: the same trace, a new span. */
function spanOf(parent: string | null, spanId: string): string | undefined {
  const [version, traceId, , flags] = parent?.split('-') ?? [];
  return version && traceId && flags ? `${version}-${traceId}-${spanId}-${flags}` : undefined;
}

export function evidenceOf(sent: Sent): Evidence {
  const { result, requestId } = sent;
  if (result.type === 'busy') return { requestId, durationMs: 0 };
  if (result.type === 'answer') return { requestId, statusCode: result.statusCode, durationMs: result.durationMs };
  return { requestId, durationMs: result.durationMs, error: result.message };
}

/** Adds the evidence to a word. */
export function answered(sent: Sent, word: Word): Answer {
  return { ...word, evidence: evidenceOf(sent) };
}

/**
 * What an answer that carries no word of theirs means for a *look*: it could not be asked.
 * `ok` reads the body of a 2xx; 404 is their "no such thing".
 */
export function wordOfLook(sent: Sent, ok: (answer: OutboundAnswer) => Word): Word {
  const { result } = sent;
  if (result.type === 'busy') return result;
  if (result.type === 'no-answer')
    return { type: 'unclear', effect: 'none', reason: `${result.reason}: ${result.message}` };
  if (isOk(result)) return ok(result);
  if (result.statusCode === 404) return { type: 'none' };
  return { type: 'unclear', effect: 'none', reason: `answered ${result.statusCode}`, ...retryAfter(result) };
}

/**
 * What an answer that carries no word of theirs means for a *tell*. Only what is certain is `effect: 'none'`:
 * nothing left this machine, or they said 429. Any other silence, 5xx or 408 may have taken effect, now or later.
 */
export function wordOfTell(sent: Sent, provider: string, ok: (answer: OutboundAnswer) => Word): Word {
  const { result } = sent;
  if (result.type === 'busy') return result;
  if (result.type === 'no-answer') {
    return {
      type: 'unclear',
      effect: result.sent === 'no' ? 'none' : 'maybe',
      reason: `${result.reason}: ${result.message}`,
    };
  }
  const { statusCode } = result;
  if (isOk(result)) return ok(result);
  const reason = `answered ${statusCode}`;
  if (statusCode === 429 || statusCode === 425)
    return { type: 'unclear', effect: 'none', reason, ...retryAfter(result) };
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 408)
    return { type: 'rejected', failure: rejection(provider, result) };
  return { type: 'unclear', effect: 'maybe', reason, ...retryAfter(result) };
}

function isOk(answer: OutboundAnswer): boolean {
  return answer.statusCode >= 200 && answer.statusCode < 300;
}

function retryAfter(answer: OutboundAnswer): { retryAfterMs?: number } {
  return answer.retryAfterMs === undefined ? {} : { retryAfterMs: answer.retryAfterMs };
}

/** Their reason in their words where they give one as JSON `{ code?, message? }`, cut to a line. */
function rejection(provider: string, answer: OutboundAnswer): Failure {
  const said = jsonObject(answer.body);
  const code = typeof said?.code === 'string' && /^[\w.-]{1,64}$/.test(said.code) ? said.code : 'REJECTED';
  const message =
    typeof said?.message === 'string'
      ? said.message.slice(0, 300)
      : `${provider} refused the request with ${answer.statusCode}`;
  return { code, provider, message };
}

/** The JSON object in a body, or undefined: strangers' bytes are never trusted to be what they claim. */
export function jsonObject(body: string): Record<string, unknown> | undefined {
  try {
    const value: unknown = JSON.parse(body);
    // A cast at the wall: an object of unknown fields, each checked where it is read.
    return typeof value === 'object' && value !== null && !Array.isArray(value)
      ? (value as Record<string, unknown>)
      : undefined;
  } catch {
    return undefined;
  }
}
