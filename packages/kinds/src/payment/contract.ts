import { offRampWebhook, onRampWebhook } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { paymentBody, type PaymentBody } from './body.ts';
import { quote, quoteFields } from './quote.ts';

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
export const contract: KindContract<PaymentBody> = {
  kind: 'payment',
  path: 'payments',
  summary: 'A payment, fiat to stablecoin to fiat',
  intake: {
    type: 'json',
    body: paymentBody,
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
  offer: quote,
  resourceFields: {
    onRampTxId: txId,
    offRampTxId: txId,
    reverseTxId: txId,
    processedAt: z.string().meta({ format: 'date-time' }),
    onRamp: transfer,
    offRamp: transfer,
    reverse: transfer,
    quote: quoteFields.extend({ id: z.string(), expiresAt: z.string().meta({ format: 'date-time' }) }),
    returned: z.object({ code: z.string(), message: z.string() }),
  },
};
