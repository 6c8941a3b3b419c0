import { urlUnder, type Call, type OutboundResult } from '@countersign/outbound';

export interface BankCallSettings {
  readonly url: string;
  readonly timeoutMs: number;
}

/** What came of handing over a file. Only `taken`, `forbidden` and `refused` say something certain about it. */
export type Initiation =
  | { readonly type: 'taken'; readonly messageRequestId: string | null }
  /** 400 and the like: never executed, unless an earlier try was. */
  | { readonly type: 'refused'; readonly reason: string }
  /** 401, 403, 404: our certificate, contract or address. Nothing about the file. */
  | { readonly type: 'forbidden'; readonly reason: string }
  /** `sent: false`: it is certain that it did not reach them. */
  | { readonly type: 'unclear'; readonly reason: string; readonly sent: boolean; readonly retryAfterMs: number };

export interface Fetched {
  readonly id: string;
  readonly type: string;
  readonly requestId: string | null;
  readonly body: string;
}

export type NextMessage =
  | { readonly type: 'message'; readonly message: Fetched }
  | { readonly type: 'empty' }
  | { readonly type: 'trouble'; readonly reason: string };

/** LHV Connect's calls (contract section 6). Each throws nothing: whatever the network does is an answer. */
export interface BankCalls {
  /** undefined: it is well; else what is not. */
  readonly heartbeat: (signal?: AbortSignal) => Promise<string | undefined>;
  /** Its answer comes as a message with this Message-Request-Id. */
  readonly messageHeartbeat: (
    signal?: AbortSignal,
  ) => Promise<{ readonly requestId: string } | { readonly trouble: string }>;
  readonly initiate: (file: {
    readonly id: string;
    readonly bytes: Buffer;
    readonly timeoutMs: number;
    readonly signal: AbortSignal;
    /** Asked once more when the first byte is about to leave. */
    readonly isStillDue: () => boolean;
  }) => Promise<Initiation>;
  /** The oldest of that type; it is told again until it is deleted. */
  readonly next: (type: string, signal?: AbortSignal) => Promise<NextMessage>;
  /** undefined: it is gone (404 included); else what went wrong. */
  readonly remove: (id: string, signal?: AbortSignal) => Promise<string | undefined>;
}

/** LHV compresses from 10 MB on; nothing honest is larger than this. */
const MESSAGE_MAX_BYTES = 64 * 1024 * 1024;

export function createBankCalls({ url, timeoutMs }: BankCallSettings, call: Call): BankCalls {
  const until = (signal: AbortSignal | undefined) => (signal === undefined ? {} : { signal });
  const get = (path: string, signal: AbortSignal | undefined, headers: Record<string, string> = {}) => {
    const limits = { timeoutMs, maxBytes: MESSAGE_MAX_BYTES, ...until(signal) };
    return call({ method: 'GET', url: urlUnder(url, path), headers, ...limits });
  };
  return {
    async heartbeat(signal) {
      const result = await get('heartbeat', signal);
      return isOk(result) ? undefined : reasonOf(result);
    },
    async messageHeartbeat(signal) {
      const result = await get('heartbeat/mq', signal);
      if (!isOk(result)) return { trouble: reasonOf(result) };
      const requestId = result.headers['message-request-id'];
      return requestId === undefined ? { trouble: 'answered without Message-Request-Id' } : { requestId };
    },
    async initiate({ id, bytes, timeoutMs: patienceMs, signal, isStillDue }) {
      const headers = { 'content-type': 'application/xml', 'x-idempotency-key': id };
      const request = {
        method: 'POST' as const,
        url: urlUnder(url, 'payment'),
        headers,
        body: bytes,
        signal,
        isStillDue,
      };
      return initiationOf(await call({ ...request, timeoutMs: Math.min(timeoutMs, patienceMs) }));
    },
    async next(type, signal) {
      const headers = { 'filter-response-type': type, 'accept-encoding': 'gzip, deflate' };
      const result = await get('messages/next', signal, headers);
      if (result.type === 'answer' && result.statusCode === 204) return { type: 'empty' };
      if (!isOk(result)) return { type: 'trouble', reason: reasonOf(result) };
      const id = result.headers['message-response-id'];
      if (id === undefined) return { type: 'trouble', reason: 'a message without Message-Response-Id' };
      if (result.truncated)
        return { type: 'trouble', reason: `message ${id} is larger than we read, or cannot be unpacked` };
      return {
        type: 'message',
        message: {
          id,
          type: result.headers['message-response-type'] ?? type,
          requestId: result.headers['message-request-id'] ?? null,
          body: result.body,
        },
      };
    },
    async remove(id, signal) {
      const path = `messages/${encodeURIComponent(id)}`;
      const result = await call({ method: 'DELETE', url: urlUnder(url, path), timeoutMs, ...until(signal) });
      const isGone = isOk(result) || (result.type === 'answer' && result.statusCode === 404);
      return isGone ? undefined : reasonOf(result);
    },
  };
}

function initiationOf(result: OutboundResult): Initiation {
  if (isOk(result)) return { type: 'taken', messageRequestId: result.headers['message-request-id'] ?? null };
  const reason = reasonOf(result);
  if (result.type === 'no-answer') return { type: 'unclear', reason, sent: result.sent !== 'no', retryAfterMs: 0 };
  const { statusCode, retryAfterMs = 0 } = result;
  if ([401, 403, 404].includes(statusCode)) return { type: 'forbidden', reason };
  if (statusCode === 429 || statusCode === 425) return { type: 'unclear', reason, sent: false, retryAfterMs };
  if (statusCode >= 400 && statusCode < 500 && statusCode !== 408) return { type: 'refused', reason };
  return { type: 'unclear', reason, sent: true, retryAfterMs };
}

function isOk(result: OutboundResult): result is OutboundResult & { type: 'answer' } {
  return result.type === 'answer' && result.statusCode >= 200 && result.statusCode < 300;
}

/** With their own code where they give one; never the rest of the body. */
function reasonOf(result: OutboundResult): string {
  if (result.type === 'no-answer') return `${result.reason}: ${result.message}`;
  const code = /"errorCode"\s*:\s*"([\w.-]{1,60})"|<(?:\w+:)?(?:Error)?Code>([\w.-]{1,60})</i.exec(
    result.body.slice(0, 2_000),
  );
  const said = code?.[1] ?? code?.[2];
  return `answered ${result.statusCode}${said === undefined ? '' : ` ${said}`}`;
}
