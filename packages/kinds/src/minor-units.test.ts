import { expect, it } from 'vitest';
import { amountProblem, minorUnitsOf } from './minor-units.ts';

it.each([
  ['EUR', 2],
  ['USD', 2],
  ['JPY', 0],
  ['KWD', 3],
  ['CLF', 4],
  ['HUF', 2],
  ['XXX', undefined],
  ['XAU', undefined],
  ['ABC', undefined],
  ['eur', undefined],
])('%s has %s decimals', (currency, decimals) => {
  expect(minorUnitsOf(currency)).toBe(decimals);
});

it.each([
  ['12.50', 'EUR', undefined],
  [12.5, 'EUR', undefined],
  ['12.501', 'EUR', 'has 3 decimals; EUR has 2 (ISO 4217)'],
  ['12.500', 'EUR', 'has 3 decimals; EUR has 2 (ISO 4217)'],
  ['12', 'JPY', undefined],
  ['12.0', 'JPY', 'has 1 decimals; JPY has none (ISO 4217)'],
  ['0.001', 'KWD', undefined],
  ['99999999999999999999.99', 'USD', undefined],
])('%s %s: %s', (amount, currency, problem) => {
  expect(amountProblem(amount, currency)).toBe(problem);
});

it('the table agrees with what the runtime knows of ISO 4217, but where CLDR follows use instead of the standard', () => {
  const codes = Intl.supportedValuesOf('currency').filter((code) => minorUnitsOf(code) !== undefined);
  expect(codes.length).toBeGreaterThan(150);
  const other = codes.filter((currency) => {
    const { maximumFractionDigits } = new Intl.NumberFormat('en', { style: 'currency', currency }).resolvedOptions();
    return maximumFractionDigits !== minorUnitsOf(currency);
  });
  const byUse = 'AFN ALL COP CRC HUF IDR IQD IRR KPW LAK LBP MGA MMK PKR RSD SLE SOS SYP TZS UZS YER ZMK'.split(' ');
  expect(other.filter((code) => !byUse.includes(code))).toEqual([]);
});
