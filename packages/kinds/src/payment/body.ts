import { z } from 'zod';
import { amountProblem, minorUnitsOf } from '../minor-units.ts';
import { amount, callbackUrl, currency, metadata } from '../values.ts';

const account = z
  .string()
  .regex(/^[^\p{Cc}\p{Cs}]{3,100}$/u, { error: 'must be 3 to 100 characters, none of them a control character' })
  .meta({ id: 'Account', examples: ['acct_source_1'] });

/** What is not even three letters has been told so. */
const isoCurrency = currency.refine((code) => !/^[A-Z]{3}$/.test(code) || minorUnitsOf(code) !== undefined, {
  error: 'must be a currency of ISO 4217, such as EUR',
});

const conversion = { amount, currency: isoCurrency, destinationCurrency: isoCurrency.optional() };

/** More than all money there is in any currency; past it somebody's program is broken, and the ramps would only say so later. */
const MOST_DIGITS = 30;

/** The amount has no more decimals than its currency, and is one that could be meant. */
function judgeAmount(asked: { amount: string | number; currency: string }, context: z.RefinementCtx): void {
  const digits = String(asked.amount).split('.')[0]?.replace(/^0+/, '').length ?? 0;
  const message =
    digits > MOST_DIGITS
      ? `has ${digits} digits before the point; at most ${MOST_DIGITS} are taken`
      : amountProblem(asked.amount, asked.currency);
  if (message !== undefined) context.addIssue({ code: 'custom', path: ['amount'], message });
}

export const paymentBody = z
  .strictObject({
    ...conversion,
    sourceAccount: account,
    destinationAccount: account,
    quoteId: z
      .uuid({ error: 'must be the id of a quote of yours (POST /v1/quotes)' })
      .optional()
      .meta({ description: 'A quote of yours (`POST /v1/quotes`) for exactly this amount.' }),
    metadata: metadata.optional(),
    callbackUrl: callbackUrl.optional(),
  })
  .superRefine((request, context) => {
    judgeAmount(request, context);
    if (request.sourceAccount === request.destinationAccount) {
      const message = 'must be another account than sourceAccount';
      context.addIssue({ code: 'custom', path: ['destinationAccount'], message });
    }
  })
  .meta({
    id: 'PaymentRequest',
    description:
      'Fiat to fiat by way of a stablecoin. `amount` has at most the decimals of its currency (ISO 4217); without `destinationCurrency` the payout is in `currency`.',
    examples: [
      {
        amount: '100.00',
        currency: 'EUR',
        sourceAccount: 'acct_source_1',
        destinationAccount: 'acct_destination_1',
        destinationCurrency: 'USD',
      },
    ],
  });

export const quoteBody = z
  .strictObject(conversion)
  .superRefine(judgeAmount)
  .meta({ id: 'QuoteRequest', examples: [{ amount: '100.00', currency: 'EUR', destinationCurrency: 'USD' }] });

export type PaymentBody = z.infer<typeof paymentBody>;
export type QuoteBody = z.infer<typeof quoteBody>;
