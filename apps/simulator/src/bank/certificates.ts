import 'reflect-metadata';
import { webcrypto } from 'node:crypto';
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { isIP } from 'node:net';
import { join } from 'node:path';
import * as x509 from '@peculiar/x509';

/** What the bank's TLS door needs, and the files its customer needs. */
export interface Certificates {
  readonly ca: string;
  readonly server: { readonly key: string; readonly cert: string };
  readonly files: { CLIENT_CERT: string; CLIENT_KEY: string; CA_CERT: string; EXPIRED_CLIENT_CERT: string };
}

const algorithm = { name: 'ECDSA', namedCurve: 'P-256', hash: 'SHA-256' };
const DAY_MS = 86_400_000;

/** A certificate authority and what it signed, made into `dir` the first time. All keys are for tests only. */
export async function certificates(dir: string, host: string): Promise<Certificates> {
  const file = (name: string): string => join(dir, `bank-${name}.pem`);
  if (!existsSync(file('ca'))) await make(dir, host, file);
  const read = (name: string): string => readFileSync(file(name), 'utf8');
  return {
    ca: read('ca'),
    server: { key: read('server-key'), cert: read('server') },
    files: {
      CLIENT_CERT: file('client'),
      CLIENT_KEY: file('client-key'),
      CA_CERT: file('ca'),
      EXPIRED_CLIENT_CERT: file('expired-client'),
    },
  };
}

async function make(dir: string, host: string, file: (name: string) => string): Promise<void> {
  mkdirSync(dir, { recursive: true });
  const write = (name: string, pem: string): void => writeFileSync(file(name), pem, { mode: 0o600 });
  const [authority, server, client] = await Promise.all([newKeys(), newKeys(), newKeys()]);
  const now = Date.now();
  const years = { notBefore: new Date(now - DAY_MS), notAfter: new Date(now + 3_650 * DAY_MS) };
  const past = { notBefore: new Date(now - 20 * DAY_MS), notAfter: new Date(now - 10 * DAY_MS) };
  const issuer = 'CN=Simulated bank CA';
  const sign = async (
    subject: string,
    publicKey: CryptoKey,
    valid: typeof years,
    extensions: x509.Extension[],
  ): Promise<string> => {
    const signed = { signingKey: authority.privateKey, signingAlgorithm: algorithm, publicKey };
    const serialNumber = Buffer.from(webcrypto.getRandomValues(new Uint8Array(8)))
      .toString('hex')
      .replace(/^./, '1');
    const made = await x509.X509CertificateGenerator.create({
      serialNumber,
      subject,
      issuer,
      ...valid,
      ...signed,
      extensions,
    });
    return made.toString('pem');
  };
  const names: x509.JsonGeneralName[] = isIP(host) ? [{ type: 'ip', value: host }] : [{ type: 'dns', value: host }];
  const alternative = new x509.SubjectAlternativeNameExtension([...names, { type: 'dns', value: 'localhost' }]);
  write('server', await sign('CN=Simulated bank', server.publicKey, years, [alternative]));
  write('client', await sign('CN=Countersign Test', client.publicKey, years, []));
  write('expired-client', await sign('CN=Countersign Test', client.publicKey, past, []));
  write('server-key', await privatePem(server));
  write('client-key', await privatePem(client));
  // Last: its being there says that all is.
  write('ca', await sign(issuer, authority.publicKey, years, [new x509.BasicConstraintsExtension(true, 0, true)]));
}

const newKeys = () => webcrypto.subtle.generateKey(algorithm, true, ['sign', 'verify']);

async function privatePem({ privateKey }: webcrypto.CryptoKeyPair): Promise<string> {
  const der = await webcrypto.subtle.exportKey('pkcs8', privateKey);
  return x509.PemConverter.encode(der, 'PRIVATE KEY');
}
