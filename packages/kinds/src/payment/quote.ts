import type { JsonObject } from '@countersign/flow';
import {
  askRampQuote,
  decimalText,
  STABLECOIN,
  timesDecimal,
  type RampAnswer,
  type RampName,
  type RampQuote,
} from '@countersign/providers';
import { z } from 'zod';
import type { Offer, OfferContract, Town } from '../contract.ts';
import { quoteBody, type QuoteBody } from './body.ts';

/** Never longer than this, whatever a ramp says. */
const HOLDS_FOR_MS = 60_000;

const decimal = z.string().meta({ examples: ['100.00'] });
const fee = z.object({ provider: z.string(), type: z.string(), amount: decimal, currency: z.string() });

export const quoteFields = z
  .object({
    amount: decimal,
    currency: z.string(),
    destinationCurrency: z.string(),
    rate: z.string().meta({ description: 'Both conversions together, before fees; exact.' }),
    fees: z.array(fee),
    payoutAmount: decimal.meta({ description: 'What arrives, fees taken off.' }),
  })
  .meta({ id: 'QuoteFields' });

/** `POST /v1/quotes`: what both ramps promise now, for at most 60 s. */
export const quote: OfferContract<QuoteBody> = {
  path: 'quotes',
  name: 'quote',
  summary: 'What a payment would pay out now, promised for at most 60 s',
  body: quoteBody,
  amounts: ['amount'],
  response: quoteFields,
  namedBy: 'quoteId',
  ask,
  mismatch(terms, body) {
    // The door has judged the body by the payment's own schema.
    const payment = body as QuoteBody;
    const wanted = wish(payment);
    for (const name of ['amount', 'currency', 'destinationCurrency'] as const) {
      if (terms[name] !== wanted[name])
        return { pointer: `/${name}`, detail: `is ${wanted[name]}; the quote is for ${String(terms[name])}` };
    }
    return undefined;
  },
  facts: ({ id, expiresAt }, { legs, ...shown }) => ({ quote: { id, ...shown, expiresAt, legs: legs ?? {} } }),
};

function wish({ amount, currency, destinationCurrency = currency }: QuoteBody) {
  return { amount: decimalText(amount), currency, destinationCurrency };
}

/** The on-ramp first: what it would pay out is what the off-ramp is asked about. */
async function ask(question: QuoteBody, town: Town): Promise<Offer> {
  const { amount, currency, destinationCurrency } = wish(question);
  const on = await askRamp(town, 'on-ramp', { amount, from: currency, to: STABLECOIN });
  if (on.type !== 'quote') return noOffer('on-ramp', on);
  const off = await askRamp(town, 'off-ramp', { amount: on.payoutAmount, from: STABLECOIN, to: destinationCurrency });
  if (off.type !== 'quote') return noOffer('off-ramp', off);
  const shown: JsonObject = {
    ...{ amount, currency, destinationCurrency, rate: timesDecimal(on.rate, off.rate) },
    fees: [...feesOf('on-ramp', on, currency), ...feesOf('off-ramp', off, STABLECOIN)],
    payoutAmount: off.payoutAmount,
  };
  const holdsForMs = Math.min(HOLDS_FOR_MS, on.holdsForMs, off.holdsForMs);
  return { type: 'offer', shown, terms: { ...shown, legs: { on: on.id, off: off.id } }, holdsForMs };
}

async function askRamp(
  town: Town,
  name: RampName,
  question: { readonly amount: string; readonly from: string; readonly to: string },
): Promise<RampAnswer> {
  const settings = town.settings(name);
  if (!settings) return { type: 'away', reason: 'it has no address' };
  return await askRampQuote(settings, town.way, name, question);
}

function noOffer(provider: RampName, answer: Exclude<RampAnswer, RampQuote>): Offer {
  if (answer.type === 'away') return { type: 'away', provider };
  return {
    type: 'refused',
    fault: { pointer: '', detail: `the ${provider} gives no quote for it: ${answer.message}` },
  };
}

/** What a ramp takes, in the currency that goes into it. */
function feesOf(provider: RampName, { fees }: RampQuote, currency: string): JsonObject[] {
  return Object.entries(fees).map(([type, amount]) => ({ provider, type, amount, currency }));
}
