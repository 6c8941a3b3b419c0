import { createCipheriv, createDecipheriv, createHash, randomBytes } from 'node:crypto';
import { ElsewhereError } from '@countersign/flow';

/** Makes secrets unreadable for who has the database but not the key, and readable again. */
export interface Sealer {
  /** Bound to what it belongs to: moved to another row it does not open. Without keys: as it is. */
  readonly seal: (secret: string, owner: string) => string;
  /** @throws ElsewhereError SECRETS_KEY_UNKNOWN where another process's key sealed it, Error where it was tampered with. */
  readonly open: (stored: string, owner: string) => string;
  /** Would sealing it again change by which key it is sealed? */
  readonly isStale: (stored: string) => boolean;
}

/** AES-256 in Galois/counter mode (NIST SP 800-38D): a fresh nonce of 96 bits each time, the whole tag of 128. */
const CIPHER = 'aes-256-gcm';
const NONCE_BYTES = 12;
const TAG_BYTES = 16;
/** `sealed:1:<which key>:<base64url of nonce, text, tag>`; what does not begin so was stored plain. */
const SEALED = /^sealed:1:([0-9a-f]{16}):([A-Za-z0-9_-]+)$/;

/** The first key seals, all of them open: so keys are rotated. @param keys of 32 bytes each; none: nothing is sealed. */
export function createSealer(keys: readonly Uint8Array[]): Sealer {
  const byName = new Map(keys.map((key) => [nameOf(key), key]));
  const [first] = keys;
  const firstName = first && nameOf(first);
  return {
    seal: (secret, owner) => (first && firstName ? `sealed:1:${firstName}:${encrypt(first, secret, owner)}` : secret),
    isStale: (stored) => firstName !== undefined && SEALED.exec(stored)?.[1] !== firstName,
    open: (stored, owner) => {
      const [, name, bytes] = SEALED.exec(stored) ?? [];
      if (name === undefined || bytes === undefined) return stored;
      const key = byName.get(name);
      if (key) return decrypt(key, Buffer.from(bytes, 'base64url'), owner);
      throw new ElsewhereError(
        'SECRETS_KEY_UNKNOWN',
        `a callback secret is sealed by the key ${name}; ${heldBy(byName)}`,
      );
    },
  };
}

function heldBy(keys: ReadonlyMap<string, unknown>): string {
  if (keys.size === 0) return 'this process has no SECRETS_KEY';
  return `SECRETS_KEY of this process holds ${[...keys.keys()].join(', ')}`;
}

/** Says which key without saying anything about it. */
function nameOf(key: Uint8Array): string {
  return createHash('sha256').update('countersign secrets key').update(key).digest('hex').slice(0, 16);
}

function encrypt(key: Uint8Array, text: string, owner: string): string {
  const nonce = randomBytes(NONCE_BYTES);
  const cipher = createCipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES }).setAAD(Buffer.from(owner));
  return Buffer.concat([nonce, cipher.update(text, 'utf8'), cipher.final(), cipher.getAuthTag()]).toString('base64url');
}

function decrypt(key: Uint8Array, bytes: Buffer, owner: string): string {
  const nonce = bytes.subarray(0, NONCE_BYTES);
  const tag = bytes.subarray(-TAG_BYTES);
  const decipher = createDecipheriv(CIPHER, key, nonce, { authTagLength: TAG_BYTES });
  decipher.setAAD(Buffer.from(owner)).setAuthTag(tag);
  const text = decipher.update(bytes.subarray(NONCE_BYTES, -TAG_BYTES));
  return Buffer.concat([text, decipher.final()]).toString('utf8');
}
