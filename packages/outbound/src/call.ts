import type { LookupFunction } from 'node:net';
import { Agent, Pool } from 'undici';
import { type DestinationTls, connectorFor } from './connect.ts';
import { Exchange } from './exchange.ts';
import type { Call, OutboundRequest, OutboundResult } from './outbound-types.ts';

/** Bytes of a third party's answer that are kept. */
export const THIRD_PARTY_MAX_BYTES = 1024 * 1024;
/** Bytes of the answer to a callback that are kept. */
export const CALLBACK_MAX_BYTES = 64 * 1024;

export interface CallerSettings {
  /** `countersign/<version>`. */
  readonly userAgent: string;
  /** true for third parties (operators choose their URLs); for callbacks what `CALLBACK_ALLOW_PRIVATE` says. */
  readonly allowPrivate: boolean;
  /** Default 1 MiB; give `CALLBACK_MAX_BYTES` for callbacks. */
  readonly maxBytes?: number;
  /** One attempt to open a connection, at most; the call's own `timeoutMs` ends it earlier. Default 10,000. */
  readonly connectTimeoutMs?: number;
  /** An idle connection is kept this long, less if the server's `Keep-Alive` says so. Default 4,000: most servers close at 5,000. */
  readonly keepAliveMs?: number;
  /** Certificates by origin (`https://host:port`), for mutual TLS and private roots. */
  readonly tls?: Readonly<Record<string, DestinationTls>>;
  readonly lookup?: LookupFunction;
}

export interface Caller {
  readonly call: Call;
  /** Waits for the calls in flight, then closes every connection. */
  close(): Promise<void>;
  /** Ends the calls in flight (`aborted`) and closes every connection. */
  destroy(): Promise<void>;
}

/**
 * Makes the one way out: connection pools by destination, kept alive, one request at a time per connection, nothing repeated (but see
 * `Exchange` for stale connections), nothing followed. How many calls a destination bears at once is `Limits`' affair.
 */
export function createCaller(settings: CallerSettings): Caller {
  const agent = agentFor(settings);
  const call: Call = (request) => {
    const { origin, pathname, search } = urlOf(request.url);
    if (request.signal?.aborted) return Promise.resolve(abortedBefore(request, origin));
    const options = {
      origin,
      path: pathname + search,
      method: request.method,
      headers: headersOf(request, settings.userAgent),
      body: request.body ?? null,
    };
    const maxBytes = request.maxBytes ?? settings.maxBytes ?? THIRD_PARTY_MAX_BYTES;
    return new Promise((resolve, reject) => {
      const exchange = new Exchange({ dispatcher: agent, options, maxBytes, origin }, request, resolve, reject);
      exchange.start();
    });
  };
  const close = (): Promise<void> => (agent.destroyed ? Promise.resolve() : agent.close());
  const destroy = (): Promise<void> => (agent.destroyed ? Promise.resolve() : agent.destroy());
  return { call, close, destroy };
}

function agentFor(settings: CallerSettings): Agent {
  const connect = {
    allowPrivate: settings.allowPrivate,
    connectTimeoutMs: settings.connectTimeoutMs ?? 10_000,
    ...(settings.lookup ? { lookup: settings.lookup } : undefined),
  };
  const plain = connectorFor(connect);
  return new Agent({
    allowH2: false,
    pipelining: 1,
    keepAliveTimeout: settings.keepAliveMs ?? 4_000,
    // A server may ask for longer; a minute is enough, longer ones meet firewalls that forget silently.
    keepAliveMaxTimeout: 60_000,
    keepAliveTimeoutThreshold: 1_000,
    // Ours (in Exchange) are exact and cover both.
    headersTimeout: 0,
    bodyTimeout: 0,
    factory: (origin, options) => {
      const tls = settings.tls?.[String(origin)];
      return new Pool(origin, { ...options, connect: tls ? connectorFor({ ...connect, tls }) : plain });
    },
  });
}

function urlOf(url: string): URL {
  const parsed = URL.parse(url);
  if (!parsed || (parsed.protocol !== 'http:' && parsed.protocol !== 'https:')) {
    throw new TypeError('request.url must be an absolute http: or https: URL'); // the URL may hold a secret, so it is not quoted
  }
  return parsed;
}

/** A flat list, as undici likes it best. */
function headersOf(request: OutboundRequest, userAgent: string): string[] {
  const headers = ['user-agent', userAgent];
  if (request.traceparent) headers.push('traceparent', request.traceparent);
  let typed = request.body === undefined;
  for (const name in request.headers) {
    const value = request.headers[name];
    const lower = name.toLowerCase();
    if (value === undefined || lower === 'user-agent') continue;
    if (lower === 'content-type') typed = true;
    headers.push(lower, value);
  }
  if (!typed) headers.push('content-type', 'application/json');
  return headers;
}

function abortedBefore(request: OutboundRequest, origin: string): OutboundResult {
  const message = `${request.method} ${origin}: aborted (before it began)`;
  return { type: 'no-answer', reason: 'aborted', sent: 'no', message, durationMs: 0 };
}
