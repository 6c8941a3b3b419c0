import { createHash, createHmac } from 'node:crypto';
import { z } from 'zod';
import type { Page } from '../desk/books.ts';
import type { Life } from '../desk/life.ts';

/** What an authority keeps of a registration. */
export interface Kept {
  readonly type: string;
  readonly format: 'json' | 'xml';
  readonly webhookUrl: string;
  readonly life: Life;
  readonly code: string;
  readonly createdAt: string;
}

export const bodySchema = z.object({
  id: z.string().min(1).max(200),
  type: z.string().min(1).max(200),
  format: z.enum(['json', 'xml']),
  document: z.unknown().refine((value) => value !== undefined, 'expected the document'),
  webhookUrl: z.url({ protocol: /^https?$/ }),
});

/** The registration as told under `status`: `{ id, type, status, fiscalCode?, fiscalDate?, url?, error?, createdAt }`. */
export function registrationOf(name: string, { id, data }: Page<Kept>, status: string): object {
  const told = { id, type: data?.type, status, createdAt: data?.createdAt };
  if (status === 'DONE') {
    const fiscalCode = fiscalCodeOf(name, id);
    return { ...told, fiscalCode, fiscalDate: data?.createdAt, url: `https://${name}.example/${fiscalCode}` };
  }
  if (status === 'ERROR')
    return { ...told, error: { code: data?.code ?? 'refused', message: `the ${name} refuses it` } };
  return told;
}

/** The authority's number for an id: the same for the same id. */
export function fiscalCodeOf(name: string, id: string): string {
  return createHash('sha256').update(`${name}:${id}`).digest('hex').slice(0, 10).toUpperCase();
}

/** `x-request-signature` as Checkbox makes it: Base64 of the HMAC-SHA256 of the raw body. */
export function signatureHeaders(secret: string, body: string, wrong: string | undefined): Record<string, string> {
  if (wrong === 'unsigned') return {};
  const key = wrong === 'forged' ? `not ${secret}` : secret;
  return { 'x-request-signature': createHmac('sha256', key).update(body).digest('base64') };
}
