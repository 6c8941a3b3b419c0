import { randomBytes } from 'node:crypto';

/** One of a client's secrets, sealed (seal.ts) where there is a key; `until` is set on the one before, when it was rotated. Milliseconds of the database's clock. */
export interface StoredSecret {
  readonly secret: string;
  readonly until: number | null;
}

/** `whsec_` and base64 of 32 random bytes, as Standard Webhooks wants it (24 to 64). */
export function newWebhookSecret(): string {
  return `whsec_${randomBytes(32).toString('base64')}`;
}

/** Those valid at `nowMs`, newest first. */
export function secretsAt(stored: readonly StoredSecret[], nowMs: number): string[] {
  return stored.filter(({ until }) => until === null || until > nowMs).map(({ secret }) => secret);
}
