import type { ProviderSettings } from '../settings.ts';
import { jsonObject, type Way } from '../third-party.ts';
import { urlUnder } from '@countersign/outbound';
import { isPositiveDecimal } from './decimal.ts';
import type { RampName } from './transfer.ts';

export interface RampQuestion {
  readonly amount: string;
  /** ISO 4217, or the stablecoin. */
  readonly from: string;
  readonly to: string;
}

/** A ramp's promise, in its own numbers. */
export interface RampQuote {
  readonly type: 'quote';
  readonly id: string;
  readonly rate: string;
  readonly fees: Readonly<Record<string, string>>;
  readonly payoutAmount: string;
  readonly holdsForMs: number;
}

export type RampAnswer =
  | RampQuote
  /** What was asked cannot be had there, in their words. */
  | { readonly type: 'refused'; readonly message: string }
  /** No answer that could be used. */
  | { readonly type: 'away'; readonly reason: string };

/** The door answers within 4.5 s and asks two ramps. */
const LONGEST_CALL_MS = 1_800;
const FEES = ['developer_fee', 'exchange_fee', 'gas_fee'] as const;

/** `POST {URL}/v0/quotes`: what would come of an amount now. Nothing is moved by it. */
export async function askRampQuote(
  settings: ProviderSettings,
  way: Way,
  name: RampName,
  { amount, from, to }: RampQuestion,
): Promise<RampAnswer> {
  const result = await way(settings, name, {
    method: 'POST',
    url: urlUnder(settings.url, 'v0/quotes'),
    headers: { accept: 'application/json', ...(settings.apiKey === undefined ? {} : { 'api-key': settings.apiKey }) },
    body: JSON.stringify({
      amount,
      source: { currency: from.toLowerCase() },
      destination: { currency: to.toLowerCase() },
    }),
    timeoutMs: Math.min(settings.timeoutMs, LONGEST_CALL_MS),
  });
  if (result.type === 'busy') return { type: 'away', reason: 'our limit for it is used up' };
  if (result.type === 'no-answer') return { type: 'away', reason: result.message };
  const said = jsonObject(result.body) ?? {};
  if (result.statusCode === 400 || result.statusCode === 422) {
    const message = typeof said['message'] === 'string' ? said['message'].slice(0, 300) : 'no reason given';
    return { type: 'refused', message };
  }
  return quoteOf(said) ?? { type: 'away', reason: `answered ${result.statusCode} without a quote` };
}

function quoteOf(said: Readonly<Record<string, unknown>>): RampQuote | undefined {
  const { id, exchange_rate: rate, final_amount: payoutAmount, expires_at: end, created_at: begin } = said;
  if (typeof id !== 'string' || !isPositiveDecimal(rate) || !isPositiveDecimal(payoutAmount)) return undefined;
  // By their own two times: their clock need not be ours.
  const holdsForMs = Date.parse(String(end)) - Date.parse(String(begin));
  if (!(holdsForMs > 0)) return undefined;
  const fees = Object.fromEntries(
    FEES.flatMap((fee) => (isPositiveDecimal(said[fee]) ? [[fee.replace('_fee', ''), said[fee]]] : [])),
  );
  return { type: 'quote', id, rate, fees, payoutAmount, holdsForMs };
}
