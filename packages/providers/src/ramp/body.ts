import type { Ask, JsonObject, Submission } from '@countersign/flow';
import { jsonObject } from '../third-party.ts';
import { decimalText } from './decimal.ts';
import { referenceOf } from './transfer.ts';
import { onRampPayout, STABLECOIN } from './words.ts';

/** How fiat travels, where the currency has a rail of its own. */
const RAILS: Readonly<Record<string, string>> = {
  EUR: 'sepa',
  USD: 'ach',
  GBP: 'faster_payments',
  MXN: 'spei',
  BRL: 'pix',
};
const CHAIN = 'ethereum';

/**
 * The body of `POST /v0/transfers`. A pure function of what never changes once the leg is open, so the same key always
 * carries the same bytes. undefined: the on-ramp's amount is not known, so nothing may be told.
 */
export function transferBody({
  submission,
  registration,
}: Pick<Ask, 'submission' | 'registration'>): string | undefined {
  const request = jsonObject(submission.body) ?? {};
  const currency = String(request['currency']);
  const stable = {
    currency: (onRampPayout(submission.facts)?.currency ?? STABLECOIN).toLowerCase(),
    payment_rail: CHAIN,
  };
  const source = fiat(currency, request['sourceAccount']);
  const paid = onRampPayout(submission.facts)?.amount;
  const quoteId = quoteOf(submission, registration.leg);
  const made = {
    on: { amount: decimalText(request['amount']), source, destination: stable },
    off: {
      amount: paid,
      source: stable,
      destination: fiat(String(request['destinationCurrency'] ?? currency), request['destinationAccount']),
    },
    reverse: { amount: paid, source: stable, destination: source },
  }[registration.leg];
  if (made?.amount === undefined) return undefined;
  return JSON.stringify({
    client_reference_id: referenceOf(submission.id, registration.leg),
    ...made,
    ...(quoteId === undefined ? {} : { quote_id: quoteId }),
  });
}

function fiat(currency: string, account: unknown) {
  return {
    currency: currency.toLowerCase(),
    payment_rail: RAILS[currency] ?? 'wire',
    external_account_id: String(account),
  };
}

/** Room for the call: a quote that ends while it is on its way would be refused. */
const QUOTE_ROOM_MS = 5_000;

/**
 * The ramp's own quote for this leg, where the payment was made on one. For the off-ramp only if it still held when the
 * on-ramp was done, a time that does not change any more: after it the payout is at the rate of the day.
 */
function quoteOf({ facts, registrations }: Submission, leg: string): string | undefined {
  const quote = objectIn(facts, 'quote');
  const id = objectIn(quote, 'legs')?.[leg];
  if (typeof id !== 'string' || leg === 'on') return typeof id === 'string' ? id : undefined;
  const doneAt = registrations.find((row) => row.leg === 'on')?.updatedAt ?? Infinity;
  return doneAt + QUOTE_ROOM_MS < Date.parse(String(quote?.['expiresAt'])) ? id : undefined;
}

function objectIn(facts: JsonObject | undefined, name: string): JsonObject | undefined {
  const value = facts?.[name];
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}
