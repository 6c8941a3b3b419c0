import { jsonObject } from '../third-party.ts';
import { compactIban } from './iban.ts';
import { sepaText } from './sepa-text.ts';
import { endToEndId } from './words.ts';

export interface Creditor {
  readonly name: string;
  readonly iban: string;
  readonly bic?: string;
  readonly address?: {
    readonly country: string;
    readonly town: string;
    readonly street?: string;
    readonly postCode?: string;
  };
}

/** One payout as a file carries it: every text in SEPA's characters, the amount in integer cents. */
export interface Transfer {
  readonly endToEndId: string;
  readonly cents: number;
  readonly currency: string;
  readonly creditor: Creditor;
  readonly remittance?: string;
}

/**
 * Reads an accepted payout. The door has judged it, perhaps by an older version's rules: what would make a whole file invalid is
 * refused here, alone. A string says why.
 */
export function readTransfer(submissionId: string, body: string): Transfer | string {
  const payout = jsonObject(body);
  const creditor = objectOf(payout?.creditor);
  if (!payout || !creditor) return 'the body is not a payout';
  const cents = centsOf(payout.amount);
  if (cents === undefined) return 'amount is not greater than 0 with at most two decimals';
  if (typeof payout.currency !== 'string' || !/^[A-Z]{3}$/.test(payout.currency))
    return 'currency is not an ISO 4217 code';
  const whom = readCreditor(creditor);
  if (typeof whom === 'string') return whom;
  const remittance = textOf(payout.remittance, 140);
  if (remittance === null) return 'remittance cannot be written in 1 to 140 SEPA characters';
  return {
    endToEndId: endToEndId(submissionId),
    cents,
    currency: payout.currency,
    creditor: whom,
    ...(remittance === undefined ? {} : { remittance }),
  };
}

function readCreditor(given: Record<string, unknown>): Creditor | string {
  const name = textOf(given.name, 70);
  if (name === null || name === undefined) return 'creditor.name cannot be written in 1 to 70 SEPA characters';
  const iban = typeof given.iban === 'string' ? compactIban(given.iban) : '';
  if (!/^[A-Z]{2}\d{2}[A-Z0-9]{1,30}$/.test(iban)) return 'creditor.iban is not an IBAN';
  const { bic } = given;
  if (bic !== undefined && !(typeof bic === 'string' && /^[A-Z0-9]{4}[A-Z]{2}[A-Z0-9]{2}([A-Z0-9]{3})?$/.test(bic)))
    return 'creditor.bic is not a BIC';
  const address = given.address === undefined ? undefined : readAddress(objectOf(given.address));
  if (typeof address === 'string') return address;
  return { name, iban, ...(bic === undefined ? {} : { bic }), ...(address === undefined ? {} : { address }) };
}

function readAddress(given: Record<string, unknown> | undefined): NonNullable<Creditor['address']> | string {
  const country = given?.country;
  const town = textOf(given?.town, 35);
  const street = textOf(given?.street, 70);
  const postCode = textOf(given?.postCode, 16);
  if (typeof country !== 'string' || !/^[A-Z]{2}$/.test(country))
    return 'creditor.address.country is not an ISO 3166 code';
  if (town === undefined || town === null || street === null || postCode === null)
    return 'creditor.address cannot be written in SEPA characters';
  return {
    country,
    town,
    ...(street === undefined ? {} : { street }),
    ...(postCode === undefined ? {} : { postCode }),
  };
}

/** null: it is there and cannot be written. */
function textOf(value: unknown, most: number): string | undefined | null {
  if (value === undefined) return undefined;
  if (typeof value !== 'string') return null;
  const { text, left } = sepaText(value);
  const isWhole = left.length === 0 && text.length >= 1 && text.length <= most;
  return isWhole && !/^\/|\/$|\/\//.test(text) ? text : null;
}

/** Digits to integer cents without a detour over fractions; undefined for what is no amount of cents. */
export function centsOf(amount: unknown): number | undefined {
  if (typeof amount !== 'string' && typeof amount !== 'number') return undefined;
  const [, whole, fraction = ''] = /^(\d{1,9})(?:\.(\d{1,2}))?$/.exec(String(amount)) ?? [];
  if (whole === undefined) return undefined;
  const cents = Number(whole) * 100 + Number(fraction.padEnd(2, '0'));
  return cents > 0 ? cents : undefined;
}

export function decimalOf(cents: number): string {
  return `${Math.floor(cents / 100)}.${String(cents % 100).padStart(2, '0')}`;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  // A cast at the wall: each field is checked where it is read.
  return typeof value === 'object' && value !== null ? (value as Record<string, unknown>) : undefined;
}
