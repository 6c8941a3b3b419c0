import { createHash } from 'node:crypto';
import { z } from 'zod';
import type { Page } from '../desk/books.ts';
import type { Life } from '../desk/life.ts';
import type { Shift } from './shift.ts';

const good = z.object({ code: z.string(), name: z.string(), price: z.int().min(0) });
export const sellSchema = z.object({
  id: z.uuid().optional(),
  goods: z.array(z.object({ good, quantity: z.int().min(1) })).min(1),
  payments: z.array(z.object({ type: z.enum(['CASH', 'CASHLESS']).default('CASH'), value: z.int() })).min(1),
  order_id: z.string().optional(),
});
export type Sell = z.infer<typeof sellSchema>;

/** What Checkbox keeps of a receipt. */
export interface KeptReceipt {
  readonly sell: Sell;
  readonly shift: Shift;
  readonly serial: number;
  readonly life: Life;
  readonly createdAt: string;
}

/** The receipt as told under `status`: the documented fields that matter to a caller. */
export function receiptOf({ id, data }: Page<KeptReceipt>, status: string): object {
  if (!data) return { id, status };
  const { sell, shift, serial, createdAt } = data;
  // The price is for 1,000 units, and one piece counts 1,000.
  const total = sell.goods.reduce((sum, { good, quantity }) => sum + Math.round((good.price * quantity) / 1_000), 0);
  const paid = sell.payments.reduce((sum, { value }) => sum + value, 0);
  const fiscal = status === 'DONE' ? fiscalOf(id) : null;
  return {
    id,
    type: 'SELL',
    serial,
    status,
    goods: sell.goods,
    payments: sell.payments,
    total_sum: total,
    total_payment: paid,
    total_rest: Math.max(0, paid - total),
    taxes: [],
    order_id: sell.order_id ?? null,
    fiscal_code: fiscal,
    fiscal_date: fiscal && createdAt,
    tax_url: fiscal && `https://cabinet.tax.example/cashregs/check?id=${fiscal}`,
    is_created_offline: false,
    is_sent_dps: status === 'DONE',
    transaction: {
      status: status === 'DONE' ? 'DONE' : status === 'ERROR' ? 'ERROR' : 'PENDING',
      response_error_message: status === 'ERROR' ? 'refused by DPS' : null,
    },
    shift,
    created_at: createdAt,
    updated_at: createdAt,
  };
}

const fiscalOf = (id: string): string => createHash('sha256').update(id).digest('base64url').slice(0, 11);
