import { isPositiveDecimal } from './decimal.ts';

/** The two ramps speak alike: one adapter, two names. */
export const RAMPS = ['on-ramp', 'off-ramp'] as const;
export type RampName = (typeof RAMPS)[number];

/** A payment's legs. `reverse` is an on-ramp transfer the other way round, when the off-ramp refused. */
export const RAMP_LEGS = { on: 'on-ramp', off: 'off-ramp', reverse: 'on-ramp' } as const satisfies Record<
  string,
  RampName
>;
export type RampLeg = keyof typeof RAMP_LEGS;

/** What we put into their `client_reference_id`: by it they are looked up, and their webhooks find their leg. */
export function referenceOf(submissionId: string, leg: string): string {
  return `${submissionId}:${leg}`;
}

const UUID = /^[\da-f]{8}-[\da-f]{4}-[\da-f]{4}-[\da-f]{4}-[\da-f]{12}$/;

/** Whose leg a `client_reference_id` names; undefined when it is none of ours. */
export function readReference(reference: unknown): { submissionId: string; leg: RampLeg } | undefined {
  if (typeof reference !== 'string') return undefined;
  const [submissionId = '', leg = '', ...more] = reference.split(':');
  if (!UUID.test(submissionId) || !Object.hasOwn(RAMP_LEGS, leg) || more.length > 0) return undefined;
  // A key of the table, as just seen.
  return { submissionId, leg: leg as RampLeg };
}

/** A transfer as a ramp tells it, reduced to what we read; amounts are exact decimal strings. */
export interface Transfer {
  readonly id: string;
  readonly clientReferenceId: string | undefined;
  readonly state: string;
  /** What went in. */
  readonly amount: string | undefined;
  readonly currency: string | undefined;
  /** What comes out, as far as they say. */
  readonly finalAmount: string | undefined;
  readonly finalCurrency: string | undefined;
  readonly rate: string | undefined;
  readonly fees: Readonly<Record<string, string>>;
  readonly transactionHash: string | undefined;
}

/** undefined: these bytes are no transfer. */
export function readTransfer(value: unknown): Transfer | undefined {
  const record = objectOf(value);
  const [id, state] = [record?.['id'], record?.['state']];
  if (typeof id !== 'string' || id === '' || typeof state !== 'string') return undefined;
  const receipt = objectOf(record?.['receipt']) ?? {};
  return {
    id,
    clientReferenceId: textOf(record?.['client_reference_id']),
    state,
    amount: amountOf(record?.['amount']) ?? amountOf(receipt['initial_amount']),
    currency: textOf(record?.['currency']) ?? currencyAt(record?.['source']),
    finalAmount: amountOf(receipt['final_amount']),
    finalCurrency: currencyAt(record?.['destination']),
    rate: amountOf(receipt['exchange_rate']) ?? amountOf(record?.['exchange_rate']),
    fees: feesOf(record?.['developer_fee'], receipt),
    transactionHash: textOf(receipt['destination_tx_hash']),
  };
}

function feesOf(developer: unknown, receipt: Readonly<Record<string, unknown>>): Readonly<Record<string, string>> {
  const said = {
    developer: developer ?? receipt['developer_fee'],
    exchange: receipt['exchange_fee'],
    gas: receipt['gas_fee'],
  };
  return Object.fromEntries(
    Object.entries(said).flatMap(([name, fee]) => (typeof fee === 'string' && DECIMAL.test(fee) ? [[name, fee]] : [])),
  );
}

const DECIMAL = /^\d{1,40}(\.\d{1,40})?$/;

function currencyAt(end: unknown): string | undefined {
  return textOf(objectOf(end)?.['currency'])?.toUpperCase();
}

/** Only strings: a JSON number may have lost digits on its way here. */
function amountOf(value: unknown): string | undefined {
  return isPositiveDecimal(value) ? value : undefined;
}

function textOf(value: unknown): string | undefined {
  return typeof value === 'string' && value.length <= 300 ? value : undefined;
}

function objectOf(value: unknown): Record<string, unknown> | undefined {
  // A cast at the wall: an object of unknown fields, each checked where it is read.
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as Record<string, unknown>)
    : undefined;
}
