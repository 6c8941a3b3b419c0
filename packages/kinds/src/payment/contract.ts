import { offRampWebhook, onRampWebhook } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { amountProblem, minorUnitsOf } from '../minor-units.ts';
import { amount, callbackUrl, currency, metadata } from '../values.ts';

const account = z
  .string()
  .regex(/^[\x20-\x7e]{3,100}$/, { error: 'must be 3 to 100 printable ASCII characters' })
  .meta({ id: 'Account', examples: ['acct_source_1'] });

const isoCurrency = currency.refine((code) => minorUnitsOf(code) !== undefined, {
  error: 'must be a currency of ISO 4217, such as EUR',
});

const body = z
  .strictObject({
    amount,
    currency: isoCurrency,
    sourceAccount: account,
    destinationAccount: account,
    destinationCurrency: isoCurrency.optional(),
    metadata: metadata.optional(),
    callbackUrl: callbackUrl.optional(),
  })
  .superRefine((request, context) => {
    const problem = amountProblem(request.amount, request.currency);
    if (problem !== undefined) context.addIssue({ code: 'custom', path: ['amount'], message: problem });
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

const txId = z.string().meta({ description: "The ramp's id of the transfer." });
const transfer = z
  .looseObject({
    amount: z.string().optional(),
    currency: z.string().optional(),
    payoutAmount: z.string().optional(),
    payoutCurrency: z.string().optional(),
    rate: z.string().optional(),
    fees: z.record(z.string(), z.string()).optional(),
    transactionHash: z.string().optional(),
  })
  .meta({ id: 'RampTransfer', description: 'Amounts, rate and fees as the provider reports them, exact decimals.' });

/** `POST /v1/payments`: contract sections 3.1 and 4. The header `Idempotency-Key` may be used once. */
export const contract: KindContract<z.infer<typeof body>> = {
  kind: 'payment',
  path: 'payments',
  summary: 'A payment, fiat to stablecoin to fiat',
  intake: {
    type: 'json',
    body,
    key: { from: 'header', pattern: /^[A-Za-z0-9_-]{10,255}$/, expected: '10 to 255 of A-Z a-z 0-9 _ -' },
    amounts: ['amount'],
    callbackUrl: (request) => request.callbackUrl,
  },
  acceptedStatus: 202,
  onReplay: 'conflict',
  onReuse: 409,
  providers: ['on-ramp', 'off-ramp'],
  webhooks: [onRampWebhook, offRampWebhook],
  callbacks: ['completed', 'failed', 'unresolved', 'returned'],
  resourceFields: {
    onRampTxId: txId,
    offRampTxId: txId,
    reverseTxId: txId,
    processedAt: z.string().meta({ format: 'date-time' }),
    onRamp: transfer,
    offRamp: transfer,
    reverse: transfer,
    returned: z.object({ code: z.string(), message: z.string() }),
  },
};
