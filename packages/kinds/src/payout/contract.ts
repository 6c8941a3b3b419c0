import { BANK, bankWebhook, isIban, paymentControlsWebhook, sepaText } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { amount, callbackUrl, metadata, naturalId } from '../values.ts';

/** EUR and GBP have two minor digits; SEPA ends below a thousand million. */
const MINOR_UNITS = /^\d{1,9}(\.\d{1,2})?$/;

/** A text that reaches the bank: judged as it will be written there. */
function sepa(most: number) {
  return z
    .string()
    .min(1, { error: 'must not be empty' })
    .superRefine((given, context) => {
      const { text, left } = sepaText(given);
      const refuse = (message: string): void => context.addIssue({ code: 'custom', message });
      if (left.length > 0) refuse(`has characters that SEPA cannot carry: ${[...new Set(left)].map(named).join(', ')}`);
      else if (text === '') refuse('must not be blank');
      else if (text.length > most) refuse(`must be at most ${most} characters as SEPA writes it (here ${text.length})`);
      else if (text.startsWith('/') || text.endsWith('/') || text.includes('//'))
        refuse('must not begin or end with a slash, nor have two in a row, as SEPA writes it');
    });
}

function named(character: string): string {
  const code = character.codePointAt(0) ?? 0;
  return code < 32 || code === 127 ? `U+${code.toString(16).padStart(4, '0').toUpperCase()}` : character;
}

const body = z
  .strictObject({
    id: naturalId,
    amount: amount.refine((value) => MINOR_UNITS.test(String(value)), {
      error: 'must have at most 2 digits after the point and be below 1,000,000,000',
    }),
    currency: z.enum(['EUR', 'GBP'], { error: 'must be EUR or GBP' }),
    creditor: z.strictObject({
      name: sepa(70),
      iban: z
        .string()
        .refine(isIban, { error: 'must be an IBAN whose checksum is right, such as EE382200221020145685' }),
      bic: z
        .string()
        .regex(/^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/, {
          error: 'must be a BIC of 8 or 11 characters, such as LHVBEE22',
        })
        .optional(),
      address: z
        .strictObject({
          country: z.string().regex(/^[A-Z]{2}$/, { error: 'must be two capital letters (ISO 3166), such as EE' }),
          town: sepa(35),
          street: sepa(70).optional(),
          postCode: sepa(16).optional(),
        })
        .optional(),
    }),
    remittance: sepa(140).optional(),
    metadata: metadata.optional(),
    callbackUrl: callbackUrl.optional(),
  })
  .meta({
    id: 'PayoutRequest',
    description: 'A payout to be made by the bank.',
    examples: [
      {
        id: 'payout-123',
        amount: '12.50',
        currency: 'EUR',
        creditor: { name: 'Ada Lovelace', iban: 'EE382200221020145685' },
        remittance: 'Invoice A-17',
      },
    ],
  });

/** `POST /v1/payouts`: contract sections 3.1 and 4. The client's `id` is the idempotency key. */
export const contract: KindContract<z.infer<typeof body>> = {
  kind: 'payout',
  path: 'payouts',
  summary: 'A payout, made by the bank',
  intake: {
    type: 'json',
    body,
    key: { from: 'body', naturalId: (request) => request.id },
    amounts: ['amount'],
    callbackUrl: (request) => request.callbackUrl,
  },
  acceptedStatus: 202,
  onReplay: 'same',
  onReuse: 422,
  providers: [BANK],
  webhooks: [bankWebhook, paymentControlsWebhook],
  callbacks: ['completed', 'failed', 'unresolved', 'returned'],
  resourceFields: {
    batchId: z.string().optional().meta({ description: 'The file it was sent to the bank in (MsgId).' }),
    messageRequestId: z.string().optional().meta({ description: "The bank's name for that file." }),
    initiatedAt: z.string().optional().meta({ description: 'When the bank took the file.' }),
    returned: z.object({ code: z.string(), message: z.string() }).optional().meta({
      description:
        'The money of a COMPLETED payout came back (`RETURNED`), or the bank rejected what it had paid (its own code). The status stays.',
    }),
  },
};
