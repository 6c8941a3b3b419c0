import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import type { Timers } from '../timers.ts';
import { dollars, exchange, type Exchange } from './money.ts';
import type { TransferBody } from './transfer.ts';

const QUOTE_MS = 60_000;

export const quoteSchema = z.looseObject({
  amount: z.string().regex(/^\d+(\.\d+)?$/),
  developer_fee: z.string().optional(),
  source: z.looseObject({ currency: z.string() }),
  destination: z.looseObject({ currency: z.string() }),
});
type QuoteBody = z.infer<typeof quoteSchema>;

interface Quote extends Exchange {
  readonly id: string;
  readonly amount: string;
  readonly source_currency: string;
  readonly destination_currency: string;
  readonly created_at: string;
  /** 60 s later, scaled. */
  readonly expires_at: string;
}

/** What is wrong, in Bridge's shape. */
export interface Fault {
  readonly code: string;
  readonly message: string;
}

/** Rates, and promises about them. */
export interface Quotes {
  make(body: QuoteBody): Quote | Fault;
  /** What comes of a transfer: at its quote's rate, else at today's. */
  exchange(body: TransferBody): Exchange | Fault;
  rates(): Readonly<Record<string, string>>;
  /** Dollars for one of each; those not named stay. */
  setRates(worth: Readonly<Record<string, string>>): void;
  age(ms: number): void;
  clear(): void;
}

/** @param feePermille what the ramp takes */
export function createQuotes(timers: Timers, feePermille: number): Quotes {
  const quotes = new Map<string, { quote: Quote; untilMs: number }>();
  let worth = dollars;
  const today = ({ amount, developer_fee, source, destination }: QuoteBody): Exchange | Fault => {
    const fee = developer_fee === undefined ? {} : { developerFee: developer_fee };
    const found = exchange({ amount, from: source.currency, to: destination.currency, ...fee }, worth, feePermille);
    return typeof found === 'string' ? { code: 'invalid_parameters', message: found } : found;
  };
  return {
    make(body) {
      const found = today(body);
      if ('code' in found) return found;
      const untilMs = Date.now() + timers.scaled(QUOTE_MS);
      const quote: Quote = {
        id: `quote_${randomUUID()}`,
        amount: body.amount,
        source_currency: body.source.currency,
        destination_currency: body.destination.currency,
        ...found,
        created_at: new Date().toISOString(),
        expires_at: new Date(untilMs).toISOString(),
      };
      quotes.set(quote.id, { quote, untilMs });
      return quote;
    },
    exchange(body) {
      if (body.quote_id === undefined) return today(body);
      const known = quotes.get(body.quote_id);
      if (!known) return { code: 'not_found', message: `there is no quote ${body.quote_id}` };
      const { quote, untilMs } = known;
      if (Date.now() > untilMs) return { code: 'quote_expired', message: `the quote held until ${quote.expires_at}` };
      const same = quote.amount === body.amount && quote.source_currency === body.source.currency;
      if (!same || quote.destination_currency !== body.destination.currency) {
        return { code: 'invalid_parameters', message: 'the quote is for another amount or other currencies' };
      }
      const { initial_amount, developer_fee, exchange_fee, subtotal_amount, exchange_rate, final_amount } = quote;
      return { initial_amount, developer_fee, exchange_fee, subtotal_amount, exchange_rate, final_amount };
    },
    rates: () => worth,
    setRates: (given) => void (worth = { ...worth, ...given }),
    age: (ms) => quotes.forEach((one) => (one.untilMs -= ms)),
    clear() {
      quotes.clear();
      worth = dollars;
    },
  };
}
