import { createHmac, timingSafeEqual } from 'node:crypto';

const ID_BYTES = 16;
const MAC_BYTES = 24;

/**
 * The unguessable last part of a webhook URL, for third parties that cannot sign: the submission's id and a MAC over it
 * and the provider's name, base64url. Nothing is stored per submission, and a forged one is refused without a look-up.
 * @param secret the deployment's own, at least 32 bytes
 */
export function webhookToken(secret: Uint8Array, provider: string, submissionId: string): string {
  const id = Buffer.from(submissionId.replaceAll('-', ''), 'hex');
  return Buffer.concat([id, macOf(secret, provider, id)]).toString('base64url');
}

/** The submission a token was made for, or undefined when it was not made by us. Constant time. */
export function readWebhookToken(secret: Uint8Array, provider: string, token: string): string | undefined {
  const bytes = Buffer.from(token, 'base64url');
  if (bytes.length !== ID_BYTES + MAC_BYTES) return undefined;
  const id = bytes.subarray(0, ID_BYTES);
  if (!timingSafeEqual(bytes.subarray(ID_BYTES), macOf(secret, provider, id))) return undefined;
  return id.toString('hex').replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, '$1-$2-$3-$4-$5');
}

function macOf(secret: Uint8Array, provider: string, id: Buffer): Buffer {
  return createHmac('sha256', secret).update(provider).update('\0').update(id).digest().subarray(0, MAC_BYTES);
}
