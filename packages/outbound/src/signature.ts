import { createHmac, randomBytes } from 'node:crypto';
import { type SignatureVerdict, sameText } from './hmac.ts';

/** Standard Webhooks 1.0.0 (standardwebhooks.com), symmetric `v1` signatures. */
const PREFIX = 'whsec_';

/** A fresh webhook secret: 32 random bytes as `whsec_<base64>`. */
export function newSecret(): string {
  return PREFIX + randomBytes(32).toString('base64');
}

/** What one callback is signed over. */
export interface WebhookToSign {
  /** Stays the same over all tries of one callback; no full stop in it. */
  readonly id: string;
  /** Whole seconds since 1970, of this try. */
  readonly timestampSec: number;
  /** The very bytes that are sent. */
  readonly body: string | Buffer;
  /** The client's secret; several while one is being rotated, each gives one signature. */
  readonly secrets: readonly string[];
}

/** The three headers of a signed callback. Throws a TypeError without secrets, or for one that is not `whsec_<base64>`. */
export function signatureHeaders(webhook: WebhookToSign): Record<string, string> {
  if (webhook.secrets.length === 0) throw new TypeError('a callback needs at least one secret to be signed with');
  const timestamp = String(webhook.timestampSec);
  const signatures = webhook.secrets.map((secret) => `v1,${sign(secret, webhook.id, timestamp, webhook.body)}`);
  return { 'webhook-id': webhook.id, 'webhook-timestamp': timestamp, 'webhook-signature': signatures.join(' ') };
}

export interface ReceivedWebhook {
  /** Header names in lower case, as Node gives them. */
  readonly headers: Readonly<Record<string, string | string[] | undefined>>;
  readonly rawBody: string | Buffer;
  readonly secrets: readonly string[];
  readonly nowMs: number;
  /** Default 5 minutes, in either direction. */
  readonly toleranceMs?: number;
}

/** Checks a Standard Webhooks delivery; one right `v1` signature by any of the secrets is enough. Other versions are ignored. */
export function verifyStandardWebhook(webhook: ReceivedWebhook): SignatureVerdict {
  const id = webhook.headers['webhook-id'];
  const timestamp = webhook.headers['webhook-timestamp'];
  const given = webhook.headers['webhook-signature'];
  if (typeof id !== 'string' || typeof timestamp !== 'string' || typeof given !== 'string') return 'malformed';
  // Ten digits last until the year 2286; a fraction, a sign or milliseconds are not this format.
  if (id === '' || !/^\d{1,10}$/.test(timestamp)) return 'malformed';
  if (Math.abs(webhook.nowMs - Number(timestamp) * 1000) > (webhook.toleranceMs ?? 300_000)) return 'stale';
  const candidates = given.split(' ').filter((signature) => signature.startsWith('v1,'));
  const expected = webhook.secrets.map((secret) => `v1,${sign(secret, id, timestamp, webhook.rawBody)}`);
  return candidates.some((one) => expected.some((right) => sameText(one, right))) ? 'valid' : 'forged';
}

function sign(secret: string, id: string, timestamp: string, body: string | Buffer): string {
  return createHmac('sha256', keyOf(secret)).update(`${id}.${timestamp}.`).update(body).digest('base64');
}

/** The key inside a secret; the prefix may be missing, as the specification allows for old ones. */
function keyOf(secret: string): Buffer {
  const encoded = secret.startsWith(PREFIX) ? secret.slice(PREFIX.length) : secret;
  if (!/^[A-Za-z0-9+/]+={0,2}$/.test(encoded)) {
    throw new TypeError('a webhook secret must be whsec_ followed by base64'); // never with the secret in it
  }
  return Buffer.from(encoded, 'base64');
}
