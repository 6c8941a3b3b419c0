import { lookup as systemLookup } from 'node:dns';
import type { LookupFunction } from 'node:net';
import { buildConnector } from 'undici';
import { strangersLookup } from './strangers-lookup.ts';
import { refuseLiteral, publicOnly } from './address-guard.ts';

/** Client certificate and trusted roots for one destination (mutual TLS); PEM. */
export interface DestinationTls {
  readonly cert?: string | Buffer;
  readonly key?: string | Buffer;
  readonly ca?: string | Buffer;
}

export interface ConnectSettings {
  /** false: only public unicast addresses are connected to, judged at every connection. */
  readonly allowPrivate: boolean;
  readonly connectTimeoutMs: number;
  /** Name resolution. Default: the system's own (with /etc/hosts), and `strangersLookup` for callers that may not call inside. */
  readonly lookup?: LookupFunction;
  readonly tls?: DestinationTls;
}

/** Errors of sockets that had already carried an answer: a stale kept connection, most likely. */
const onReusedSocket = new WeakSet<Error>();

/** True when the connection that failed had answered before. */
export function wasReused(error: Error): boolean {
  return onReusedSocket.has(error);
}

/**
 * Makes undici's `connect`. The guard sits here, where a name has become an address and the very address judged is the one connected
 * to: a name that answers differently a second time (DNS rebinding) gains nothing. `lookup` is never asked for literal addresses, so
 * those are judged before.
 */
export function connectorFor(settings: ConnectSettings): buildConnector.connector {
  const resolve = settings.lookup ?? (settings.allowPrivate ? systemLookup : strangersLookup());
  const connect = buildConnector({
    ...settings.tls,
    // HTTP/2 would put many calls on one connection and lets undici send refused streams again by itself.
    allowH2: false,
    timeout: settings.connectTimeoutMs,
    lookup: settings.allowPrivate ? resolve : publicOnly(resolve),
  });
  return (options, callback) => {
    const refusal = settings.allowPrivate ? undefined : refuseLiteral(options.hostname);
    if (refusal) {
      queueMicrotask(() => callback(refusal, null));
      return undefined;
    }
    return connect(options, (...result) => {
      const [, socket] = result;
      if (socket) {
        const bytesBefore = socket.bytesRead;
        socket.on('error', (error: Error) => {
          if (socket.bytesRead > bytesBefore) onReusedSocket.add(error);
        });
      }
      callback(...result);
    });
  };
}
