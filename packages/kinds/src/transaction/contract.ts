import { registryWebhook } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { amount, callbackUrl, currency, metadata, naturalId } from '../values.ts';

const body = z
  .strictObject({
    id: naturalId,
    amount,
    currency,
    description: z.string().max(500).optional(),
    metadata: metadata.optional(),
    callbackUrl: callbackUrl.optional(),
  })
  .meta({
    id: 'TransactionRequest',
    description: 'A transaction the registry should countersign.',
    examples: [
      { id: 'tx-123', amount: '12.50', currency: 'EUR', description: 'Order A-17', metadata: { order: 'A-17' } },
    ],
  });

/** `POST /v1/transactions`: contract sections 3.1 and 4. The client's `id` is the idempotency key. */
export const contract: KindContract<z.infer<typeof body>> = {
  kind: 'transaction',
  path: 'transactions',
  summary: 'A transaction, countersigned by the registry',
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
  providers: ['registry'],
  webhooks: [registryWebhook],
  callbacks: ['pending', 'completed', 'failed', 'unresolved'],
};
