import { type KeyObject, createHmac, timingSafeEqual, verify } from 'node:crypto';

/** Compares two texts in constant time; texts of different length are different at once (the length of a digest is no secret). */
export function sameText(left: string, right: string): boolean {
  const a = Buffer.from(left);
  const b = Buffer.from(right);
  return a.length === b.length && timingSafeEqual(a, b);
}

/**
 * Checks an HMAC-SHA256 over the raw bytes of a webhook, written in `encoding`: the bank's `X-LHV-HMAC` (hex, either case), tax's and
 * warehouse's `x-request-signature` (Base64 with padding). Anything but the exact digest, a missing header included, is false.
 */
export function verifyHmacSha256(
  secret: string | Buffer,
  rawBody: string | Buffer,
  given: string | undefined,
  encoding: 'hex' | 'base64',
): boolean {
  if (given === undefined) return false;
  const expected = createHmac('sha256', secret).update(rawBody).digest(encoding);
  return sameText(expected, encoding === 'hex' ? given.toLowerCase() : given);
}

/** What a look at a signed webhook says: `malformed` is a header that cannot be read, `stale` one too old or from the future. */
export type SignatureVerdict = 'valid' | 'malformed' | 'stale' | 'forged';

export interface TimestampedRsa {
  /** PEM, or the key made from it once (`createPublicKey`), which is quicker. */
  readonly publicKey: string | KeyObject;
  readonly rawBody: string | Buffer;
  /** The ramps' `X-Webhook-Signature`: `t=<milliseconds>,v0=<base64>`. */
  readonly header: string | undefined;
  readonly nowMs: number;
  /** Default 10 minutes, in either direction. */
  readonly maxAgeMs?: number;
}

/** Checks an RSA-SHA256 (PKCS #1 v1.5) signature over `<t>.<raw body>`. */
export function verifyTimestampedRsa(webhook: TimestampedRsa): SignatureVerdict {
  const parts = /^t=(\d{1,15}),\s?v0=([A-Za-z0-9+/]+={0,2})$/.exec(webhook.header ?? '');
  const [, timestamp, signature] = parts ?? [];
  if (timestamp === undefined || signature === undefined) return 'malformed';
  if (Math.abs(webhook.nowMs - Number(timestamp)) > (webhook.maxAgeMs ?? 600_000)) return 'stale';
  const signed = Buffer.concat([Buffer.from(`${timestamp}.`), Buffer.from(webhook.rawBody)]);
  const genuine = verify('RSA-SHA256', signed, webhook.publicKey, Buffer.from(signature, 'base64'));
  return genuine ? 'valid' : 'forged';
}
