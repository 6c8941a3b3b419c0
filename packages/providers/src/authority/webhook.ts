import type { Word } from '@countersign/flow';
import { verifyHmacSha256 } from '@countersign/outbound';
import { z } from 'zod';
import { authorityWord, readRegistered, type AuthorityName } from './words.ts';

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/i;

const body = z
  .looseObject({
    registration: z.looseObject({
      id: z.string(),
      status: z.string(),
      fiscalCode: z.string().optional(),
      error: z.looseObject({ code: z.string(), message: z.string() }).optional(),
    }),
  })
  .meta({
    id: 'RegistrationWebhook',
    examples: [{ registration: { id: '0199a1b2-0000-7000-8000-000000000000', status: 'DONE', fiscalCode: 'A1B2C3' } }],
  });

/** What an authority posts to `/webhooks/{tax|warehouse}`: `x-request-signature` is the Base64 HMAC-SHA256 of the raw body. */
export function authorityWebhook<Name extends AuthorityName>(provider: Name) {
  return {
    provider,
    summary: `The ${provider} tells how a receipt's registration stands`,
    proof: { type: 'signature' as const, setting: 'WEBHOOK_SECRET' as const, verify },
    body,
    parse: (value: unknown) => parse(provider, value),
    answer: { status: 200 as const, body: '{"ok":true}' },
  };
}

export const taxWebhook = authorityWebhook('tax');
export const warehouseWebhook = authorityWebhook('warehouse');

/** No time is signed, so a repeat cannot be told from a replay: a word has one effect, however often it comes. */
function verify(raw: Uint8Array, header: (name: string) => string | undefined, secret: string): boolean {
  return verifyHmacSha256(secret, Buffer.from(raw), header('x-request-signature'), 'base64');
}

function parse(
  provider: AuthorityName,
  value: unknown,
): { submissionId: string; leg: string; word: Word } | { ignores: string } | string {
  const foreign = foreignNews(value);
  if (foreign !== undefined) return { ignores: foreign };
  const registered = readRegistered(JSON.stringify(value ?? null));
  if (!registered) return '/registration: must be an object with an id and a status';
  if (!UUID.test(registered.id)) return '/registration/id: must be the id the receipt was registered with, a UUID';
  if (typeof registered.status !== 'string') return '/registration/status: must be a string';
  return { submissionId: registered.id, leg: provider, word: authorityWord(provider, registered) };
}

/** What Checkbox tells beside receipts: genuine, and none of ours. Answered 400 it would come again for four hours. */
const FOREIGN = ['shift', 'service_receipt', 'order'];

function foreignNews(value: unknown): string | undefined {
  if (typeof value !== 'object' || value === null || 'registration' in value || 'receipt' in value) return undefined;
  return FOREIGN.find((name) => Object.hasOwn(value, name));
}
