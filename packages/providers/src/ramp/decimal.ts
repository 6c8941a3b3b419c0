const POSITIVE = /^(?=.*[1-9])\d{1,40}(\.\d{1,40})?$/;

export function isPositiveDecimal(value: unknown): value is string {
  return typeof value === 'string' && POSITIVE.test(value);
}

/** The product of two decimals, exact: no double is ever made of an amount. */
export function timesDecimal(left: string, right: string): string {
  const [a, b] = [unitsOf(left), unitsOf(right)];
  return textOf(a.units * b.units, a.scale + b.scale);
}

function unitsOf(decimal: string): { units: bigint; scale: number } {
  const [whole = '', fraction = ''] = decimal.split('.');
  return { units: BigInt(whole + fraction), scale: fraction.length };
}

function textOf(units: bigint, scale: number): string {
  const digits = units.toString().padStart(scale + 1, '0');
  if (scale === 0) return digits;
  const fraction = digits.slice(-scale).replace(/0+$/, '');
  return fraction === '' ? digits.slice(0, -scale) : `${digits.slice(0, -scale)}.${fraction}`;
}

/** An amount of a body as a plain decimal string, without zeros in front. Numbers have been judged at the door: at most 15 digits, no exponent. */
export function decimalText(amount: unknown): string {
  return typeof amount === 'number' || typeof amount === 'string' ? String(amount).replace(/^0+(?=\d)/, '') : '';
}
