import { createHmac, timingSafeEqual } from 'node:crypto';

/** `?expires=…&signature=…` for a path: whoever has it may read that one file until then. */
export function signedPath(secret: Uint8Array, path: string, expiresMs: number): string {
  return new URLSearchParams({
    expires: String(expiresMs),
    signature: signatureOf(secret, path, expiresMs),
  }).toString();
}

/** In constant time, and only before its end. */
export function isSignedPath(
  secret: Uint8Array,
  path: string,
  given: { readonly expires: string; readonly signature: string },
  nowMs: number,
): boolean {
  const expiresMs = Number(given.expires);
  if (!/^\d{1,15}$/.test(given.expires) || expiresMs < nowMs) return false;
  const [ours, theirs] = [Buffer.from(signatureOf(secret, path, expiresMs)), Buffer.from(given.signature)];
  return ours.length === theirs.length && timingSafeEqual(ours, theirs);
}

function signatureOf(secret: Uint8Array, path: string, expiresMs: number): string {
  return createHmac('sha256', secret).update(`${expiresMs}\n${path}`).digest('base64url');
}
