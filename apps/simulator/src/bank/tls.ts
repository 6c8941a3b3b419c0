import { mkdtempSync } from 'node:fs';
import type { ServerResponse } from 'node:http';
import { createServer } from 'node:https';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import type { TLSSocket } from 'node:tls';
import { answerJson, answerText, BadRequest } from '../http.ts';
import type { Call, Ground } from '../party.ts';
import { errors } from './report.ts';

/** The bank's second door, with mutual TLS. */
export interface TlsDoor {
  /** URL, CLIENT_CERT, CLIENT_KEY, CA_CERT (files), and EXPIRED_CLIENT_CERT to be refused with. */
  readonly settings: Record<string, string>;
  close(): Promise<void>;
}

/** Listens. A caller without a good certificate gets 403, as LHV's answer to an expired one. */
export async function openTls(ground: Ground, port: number, handle: (call: Call) => Promise<void>): Promise<TlsDoor> {
  const { host } = ground;
  const dir = ground.keysDir ?? mkdtempSync(join(tmpdir(), 'simulator-bank-'));
  // Only now: the library takes some 200 ms to load, and most towns have no second door.
  const { certificates } = await import('./certificates.ts');
  const { ca, server: own, files } = await certificates(dir, host);
  const server = createServer({ ...own, ca, requestCert: true, rejectUnauthorized: false }, (request, response) => {
    // Served by an https server: the socket is a TLS one.
    if (!(request.socket as TLSSocket).authorized) return forbid(response);
    const url = new URL(request.url ?? '/', 'https://bank');
    const call: Call = {
      request,
      response,
      method: request.method ?? 'GET',
      path: url.pathname,
      query: url.searchParams,
    };
    handle(call).catch((error: unknown) => fail(response, error));
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject);
    server.listen(port, host, resolve);
  });
  // Listening on TCP: an AddressInfo.
  const { port: listening } = server.address() as AddressInfo;
  return {
    settings: { URL: `https://${host.includes(':') ? `[${host}]` : host}:${listening}`, ...files },
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function forbid(response: ServerResponse): void {
  answerText(response, 403, errors('FORBIDDEN', 'the certificate is missing, unknown or expired'), {
    'content-type': 'application/xml',
  });
}

function fail(response: ServerResponse, error: unknown): void {
  if (error instanceof BadRequest) return answerJson(response, error.status, { error: error.message });
  console.error(error);
  answerJson(response, 599, { error: 'the simulator itself is broken; see its output' });
}
