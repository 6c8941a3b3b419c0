import { readFileSync } from 'node:fs';
import { createServer } from 'node:https';
import type { TLSSocket } from 'node:tls';
import { expect, onTestFinished, test } from 'vitest';
import { type Caller, type DestinationTls, createCaller } from '../src/index.ts';
import { type TestServer, httpServer, listening } from './servers.ts';

const pem = (name: string): Buffer => readFileSync(new URL(`../fixtures/tls/${name}.pem`, import.meta.url));
const ca = pem('ca');

/** An HTTPS server that answers with the common name of the client's certificate. */
async function httpsServer(certificate: 'server' | 'expired', clientCertificate = false): Promise<TestServer> {
  const settings = { cert: pem(certificate), key: pem(`${certificate}.key`), ca, requestCert: clientCertificate };
  const server = createServer({ ...settings, rejectUnauthorized: clientCertificate }, (request, response) => {
    const socket = request.socket as TLSSocket; // an https server has no other sockets
    const who = clientCertificate ? socket.getPeerCertificate().subject.CN : 'nobody';
    response.end(String(who));
  });
  const started = await listening(server, () => undefined);
  return { ...started, url: started.url.replace('http:', 'https:') };
}

function callerFor(url: string, tls?: DestinationTls): Caller {
  const settings = { userAgent: 'countersign/0.0.0-test', allowPrivate: true };
  const made = createCaller(tls ? { ...settings, tls: { [url]: tls } } : settings);
  onTestFinished(() => made.destroy());
  return made;
}

const post = { method: 'POST', timeoutMs: 20_000, body: '{}' } as const;

test('a destination with its own root is trusted, by that root only', async () => {
  const server = await httpsServer('server');
  const { call } = callerFor(server.url, { ca });
  expect(await call({ ...post, url: `${server.url}/x` })).toMatchObject({ type: 'answer', body: 'nobody' });
  const other = await httpsServer('server');
  expect(await call({ ...post, url: other.url })).toMatchObject({ reason: 'tls', sent: 'no' });
});

test('an unknown root, an expired certificate, a wrong name: tls, surely not sent', async () => {
  const server = await httpsServer('server');
  expect(await callerFor(server.url).call({ ...post, url: server.url })).toMatchObject({ reason: 'tls', sent: 'no' });
  const old = await httpsServer('expired');
  const expired = await callerFor(old.url, { ca }).call({ ...post, url: old.url });
  expect(expired).toMatchObject({ reason: 'tls', sent: 'no', message: expect.stringContaining('CERT_HAS_EXPIRED') });
  const named = `https://wrong.example:${server.port}`;
  const wrong = createCaller({
    userAgent: 'u',
    allowPrivate: true,
    tls: { [named]: { ca } },
    lookup: (_name, options, callback) =>
      options.all ? callback(null, [{ address: '127.0.0.1', family: 4 }]) : callback(null, '127.0.0.1', 4),
  });
  onTestFinished(() => wrong.destroy());
  expect(await wrong.call({ ...post, url: named })).toMatchObject({ reason: 'tls', sent: 'no' });
});

test('https to a plain HTTP server: tls, surely not sent', async () => {
  const server = await httpServer((_request, response) => response.end());
  const url = server.url.replace('http:', 'https:');
  expect(await callerFor(url).call({ ...post, url })).toMatchObject({ reason: 'tls', sent: 'no' });
});

test('mutual TLS: our certificate is shown to that destination; without it there is no answer', async () => {
  const server = await httpsServer('server', true);
  const ours = { ca, cert: pem('client'), key: pem('client.key') };
  expect(await callerFor(server.url, ours).call({ ...post, url: server.url })).toMatchObject({
    type: 'answer',
    body: 'Countersign test client',
  });
  // TLS 1.3 tells us only after the first bytes were written: so it may have been sent.
  expect(await callerFor(server.url, { ca }).call({ ...post, url: server.url })).toMatchObject({ type: 'no-answer' });
});
