import { createPrivateKey, createPublicKey, generateKeyPairSync, type KeyObject } from 'node:crypto';
import { mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';

/** An RSA key pair; the public half as PEM, to be given away. */
export interface KeyPair {
  readonly privateKey: KeyObject;
  readonly publicPem: string;
}

/** One per folder and name for the whole process: making one takes some 100 ms, and a test opens many towns. */
const made = new Map<string, KeyPair>();

/** The pair of that name, made when it is first asked for. With a folder it outlives the process. */
export function keyPair(keysDir: string | null, name: string): KeyPair {
  const place = `${keysDir ?? ''}/${name}`;
  const known = made.get(place);
  if (known) return known;
  const pair = pairOf(keysDir === null ? fresh() : kept(keysDir, name));
  made.set(place, pair);
  return pair;
}

/** @param pem a private key; its line ends may be written as `\n`, as they must be in one line of an environment file. @throws Error for what is none. */
export function givenPair(pem: string): KeyPair {
  return pairOf(createPrivateKey(pem.replaceAll('\\n', '\n')));
}

function pairOf(privateKey: KeyObject): KeyPair {
  const pem = createPublicKey(privateKey.export({ type: 'pkcs8', format: 'pem' }));
  return { privateKey, publicPem: pem.export({ type: 'spki', format: 'pem' }).toString() };
}

const fresh = (): KeyObject => generateKeyPairSync('rsa', { modulusLength: 2_048 }).privateKey;

function kept(keysDir: string, name: string): KeyObject {
  const file = join(keysDir, `${name}.pem`);
  try {
    return createPrivateKey(readFileSync(file));
  } catch {
    const key = fresh();
    mkdirSync(keysDir, { recursive: true });
    writeFileSync(file, key.export({ type: 'pkcs8', format: 'pem' }), { mode: 0o600 });
    return key;
  }
}
