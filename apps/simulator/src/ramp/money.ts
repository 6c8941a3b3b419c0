/** Exact decimal: `units` times ten to the minus `scale`. */
interface Decimal {
  readonly units: bigint;
  readonly scale: number;
}

const decimals: Record<string, number> = { JPY: 0, KRW: 0, USDC: 6, USDT: 6, EURC: 6 };

/** How many decimals a currency has; 2 unless we know better. */
export const minorUnits = (currency: string): number => decimals[currency.toUpperCase()] ?? 2;

/** What one of each is worth in dollars. */
export const dollars: Readonly<Record<string, string>> = {
  USD: '1',
  USDC: '1',
  USDT: '1',
  EUR: '1.08',
  EURC: '1.08',
  GBP: '1.27',
  CHF: '1.12',
  CAD: '0.73',
  AUD: '0.66',
  JPY: '0.0067',
};

/** Reads `12.50`; null when it is no positive decimal. */
export function readDecimal(text: string): Decimal | null {
  const parts = /^(\d+)(?:\.(\d+))?$/.exec(text);
  if (!parts) return null;
  const [, whole = '', fraction = ''] = parts;
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

/** Cut to so many decimals, never rounded up. */
function cut({ units, scale }: Decimal, decimalsWanted: number): Decimal {
  const by = decimalsWanted - scale;
  return { units: by >= 0 ? units * 10n ** BigInt(by) : units / 10n ** BigInt(-by), scale: decimalsWanted };
}

function text({ units, scale }: Decimal): string {
  const digits = units.toString().padStart(scale + 1, '0');
  return scale === 0 ? digits : `${digits.slice(0, -scale)}.${digits.slice(-scale)}`;
}

const times = (a: Decimal, b: Decimal): Decimal => ({ units: a.units * b.units, scale: a.scale + b.scale });

/** An exchange, every amount an exact decimal string with the currency's own number of decimals. */
export interface Exchange {
  readonly initial_amount: string;
  readonly developer_fee: string;
  readonly exchange_fee: string;
  readonly subtotal_amount: string;
  readonly exchange_rate: string;
  /** In the destination's currency: what arrives. */
  readonly final_amount: string;
}

export interface Asked {
  readonly amount: string;
  readonly from: string;
  readonly to: string;
  readonly developerFee?: string;
}

/**
 * What comes of an amount: less `feePermille` and the developer's fee, times the rate (8 decimals), each cut to the
 * currency's decimals. A word for what is wrong when that cannot be.
 */
export function exchange(
  asked: Asked,
  worth: Readonly<Record<string, string>>,
  feePermille: number,
): Exchange | string {
  const [from, to] = [asked.from.toUpperCase(), asked.to.toUpperCase()];
  const [fromWorth, toWorth] = [readDecimal(worth[from] ?? ''), readDecimal(worth[to] ?? '')];
  if (!fromWorth) return `source.currency: ${from} is not exchanged here`;
  if (!toWorth) return `destination.currency: ${to} is not exchanged here`;
  const amount = readDecimal(asked.amount);
  const developer = readDecimal(asked.developerFee ?? '0');
  const minor = minorUnits(from);
  if (!amount || amount.scale > minor) return `amount: expected a decimal with at most ${minor} decimals`;
  if (!developer) return 'developer_fee: expected a decimal';
  const initial = cut(amount, minor);
  const ours = cut(times(initial, { units: BigInt(feePermille), scale: 3 }), minor);
  const theirs = cut(developer, minor);
  const subtotal = { units: initial.units - ours.units - theirs.units, scale: minor };
  const rate = quotient(fromWorth, toWorth);
  const final = cut(times(subtotal, rate), minorUnits(to));
  if (final.units <= 0n) return 'amount: nothing would be left of it';
  return {
    initial_amount: text(initial),
    developer_fee: text(theirs),
    exchange_fee: text(ours),
    subtotal_amount: text(subtotal),
    exchange_rate: text(rate).replace(/\.?0+$/, ''),
    final_amount: text(final),
  };
}

function quotient(a: Decimal, b: Decimal): Decimal {
  return { units: (a.units * 10n ** BigInt(8 + b.scale)) / (b.units * 10n ** BigInt(a.scale)), scale: 8 };
}
