import { z } from 'zod';

/** Digits with an optional fraction, at least one of them not 0. */
const POSITIVE_DECIMAL = /^(?=.*[1-9])\d+(\.\d+)?$/;

/**
 * An amount greater than 0 (contract section 3). How many digits a JSON number was sent with is counted by the door
 * (`JsonIntake.amounts`): more than 15 do not survive a double, and parsing has lost them here.
 */
const AMOUNT_WORDS =
  'must be greater than 0: digits with an optional fraction as a string, such as "12.50", or a JSON number';
const AMOUNT_MISSING = 'is required: digits with an optional fraction as a string, such as "12.50", or a JSON number';
export const amount = z
  .union([z.string().regex(POSITIVE_DECIMAL, { error: AMOUNT_WORDS }), z.number().positive({ error: AMOUNT_WORDS })], {
    error: ({ input }) => (input === undefined ? AMOUNT_MISSING : AMOUNT_WORDS),
  })
  .meta({
    id: 'Amount',
    description:
      'Greater than 0. A decimal string; a JSON number is accepted where it has at most 15 significant digits.',
    examples: ['12.50'],
  });

export const currency = z
  .string()
  .regex(/^[A-Z]{3}$/, { error: 'must be three capital letters (ISO 4217), such as EUR' })
  .meta({ id: 'Currency', description: 'ISO 4217 code.', examples: ['EUR'] });

/** The client's own id for what it submits; also its idempotency key. */
export const naturalId = z
  .string()
  .regex(/^[A-Za-z0-9._:-]{1,128}$/, { error: 'must be 1 to 128 characters out of A-Z a-z 0-9 . _ : -' })
  .meta({
    id: 'NaturalId',
    description: 'The id you give it; sending it again is the same submission.',
    examples: ['tx-123'],
  });

const METADATA_KEYS = 50;

export const metadata = z
  .record(z.string(), z.string({ error: 'must be a string' }))
  .refine((value) => Object.keys(value).length <= METADATA_KEYS, { error: `must have at most ${METADATA_KEYS} keys` })
  .meta({ id: 'Metadata', description: 'Up to 50 string values, returned as sent.', examples: [{ order: 'A-17' }] });

/** Only its form; whether it may be called (https, no private address) is checked by the door and again on every attempt. */
export const callbackUrl = z
  .string()
  .max(2048, { error: 'must be at most 2,048 characters' })
  .refine(isHttpUrl, { error: 'must be an absolute http(s) URL without user name, password or fragment' })
  .meta({
    id: 'CallbackUrl',
    format: 'uri',
    description: "Where the outcome is posted, signed; absent: the client's default.",
    examples: ['https://example.com/hooks/countersign'],
  });

function isHttpUrl(value: string): boolean {
  const url = URL.canParse(value) ? new URL(value) : undefined;
  return (
    url !== undefined && /^https?:$/.test(url.protocol) && url.username === '' && url.password === '' && url.hash === ''
  );
}
