import { createHash, randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Life } from '../desk/life.ts';
import type { Exchange } from './money.ts';

const end = z.looseObject({ currency: z.string().min(3).max(5), payment_rail: z.string().min(1).optional() });
export const transferSchema = z.looseObject({
  client_reference_id: z.string().min(1).max(256).optional(),
  amount: z.string().regex(/^\d+(\.\d+)?$/),
  on_behalf_of: z.string().optional(),
  developer_fee: z.string().optional(),
  quote_id: z.string().optional(),
  source: end,
  destination: end,
});
export type TransferBody = z.infer<typeof transferSchema>;

/** One transfer in a ramp's books. */
export interface Transfer {
  readonly id: string;
  readonly key: string;
  readonly body: TransferBody;
  readonly exchange: Exchange;
  readonly life: Life;
  readonly createdAt: string;
}

/** All transfers of one reference, the newest first; more than one is a leg executed twice. */
export interface Kept {
  readonly transfer: Transfer;
  readonly earlier: readonly Transfer[];
}

export const newTransfer = (given: Omit<Transfer, 'id' | 'createdAt'>): Transfer => {
  return { id: `transfer_${randomUUID()}`, createdAt: new Date().toISOString(), ...given };
};

/** The transfer as told in `state`. What arrives is `receipt.final_amount`; hashes are there once it was submitted. */
export function transferOf({ id, body, exchange, life, createdAt }: Transfer, state: string): object {
  const submitted = state === 'payment_submitted';
  const provisional = submitted && life.quirk === 'provisional';
  const hashed = submitted || state === 'payment_processed' || state === 'returned';
  return {
    id,
    client_reference_id: body.client_reference_id ?? null,
    state,
    on_behalf_of: body.on_behalf_of ?? null,
    amount: body.amount,
    currency: body.source.currency,
    developer_fee: exchange.developer_fee,
    source: body.source,
    destination: body.destination,
    source_deposit_instructions: {
      payment_rail: body.source.payment_rail ?? null,
      amount: body.amount,
      deposit_message: id,
    },
    receipt: {
      ...exchange,
      source_tx_hash: hashed ? hash(`${id}:source`) : null,
      destination_tx_hash: hashed ? hash(provisional ? `${id}:provisional` : id) : null,
      url: `https://ramp.example/receipts/${id}`,
    },
    created_at: createdAt,
    updated_at: createdAt,
  };
}

const hash = (text: string): string => `0x${createHash('sha256').update(text).digest('hex')}`;
