import { jsonObject } from '../third-party.ts';

/** The body of `POST /receipts/sell`, without its id; a string says why a document cannot be one. */
export type Sell = { readonly goods: readonly object[]; readonly payments: readonly object[] };

/** Checkbox takes receipts as goods and payments: its own shape as it is, a till's (`cbChargeItems`) made into it. */
export function sellOf(format: 'json' | 'xml', text: string): Sell | string {
  const document = format === 'json' ? jsonObject(text) : undefined;
  if (!document) return 'Checkbox takes JSON receipts only';
  const { goods, payments, cbChargeItems, cbPayItems } = document;
  if (Array.isArray(goods) && Array.isArray(payments))
    return { goods: goods as object[], payments: payments as object[] };
  if (!Array.isArray(cbChargeItems) || !Array.isArray(cbPayItems))
    return 'Checkbox takes receipts with goods and payments, or with cbChargeItems and cbPayItems';
  const sold = (cbChargeItems as unknown[]).map(goodOf);
  const paid = (cbPayItems as unknown[]).map(paymentOf);
  if (!sold.every(isThere) || !paid.every(isThere)) return 'an item lacks its Description, Quantity or Amount';
  return { goods: sold, payments: paid };
}

function isThere(item: object | undefined): item is object {
  return item !== undefined;
}

/** One piece counts 1,000, and the price of 1,000 is in kopiyky; where that is no whole number the item is sold as one piece. */
function goodOf(item: unknown, at: number): object | undefined {
  const { Description: name, Quantity: quantity, Amount: amount, ProductNumber: code } = fieldsOf(item);
  if (typeof name !== 'string' || typeof quantity !== 'number' || typeof amount !== 'number') return undefined;
  const total = Math.round(amount * 100);
  const isWhole = quantity > 0 && Number.isInteger(quantity) && total % quantity === 0;
  const good = {
    code: typeof code === 'string' ? code : String(at + 1),
    name: name.slice(0, 250),
    price: isWhole ? total / quantity : total,
  };
  return { good, quantity: isWhole ? quantity * 1_000 : 1_000 };
}

function paymentOf(item: unknown): object | undefined {
  const { Description: label, Amount: amount } = fieldsOf(item);
  if (typeof amount !== 'number') return undefined;
  const type = typeof label === 'string' && /^cash$/i.test(label) ? 'CASH' : 'CASHLESS';
  return { type, value: Math.round(amount * 100) };
}

function fieldsOf(item: unknown): Record<string, unknown> {
  // An object of unknown fields, each looked at where it is read.
  return typeof item === 'object' && item !== null ? (item as Record<string, unknown>) : {};
}
