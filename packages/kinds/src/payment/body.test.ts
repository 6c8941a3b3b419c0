import { describe, expect, it } from 'vitest';
import { paymentBody } from './body.ts';
import { quote } from './quote.ts';

const PAYMENT = { amount: '12.50', currency: 'EUR', sourceAccount: 'acct-1', destinationAccount: 'acct-2' };
const faults = (more: object): string[] =>
  (paymentBody.safeParse({ ...PAYMENT, ...more }).error?.issues ?? []).map(
    ({ path, message }) => `${path.join('/')} ${message}`,
  );

describe('what a payment may ask', () => {
  it.each([
    ['0.1', 'EUR'],
    [0.3, 'EUR'],
    ['00012.50', 'EUR'],
    ['100', 'JPY'],
    ['1.234', 'BHD'],
    ['1.2345', 'CLF'],
    ['9'.repeat(30) + '.99', 'EUR'],
  ])('%s %s', (amount, currency) => expect(faults({ amount, currency })).toEqual([]));

  it.each([
    [0.1 + 0.2, 'EUR', 'amount has 17 decimals; EUR has 2 (ISO 4217)'],
    ['100.0', 'JPY', 'amount has 1 decimals; JPY has none (ISO 4217)'],
    ['1.2345', 'BHD', 'amount has 4 decimals; BHD has 3 (ISO 4217)'],
    ['9'.repeat(31), 'EUR', 'amount has 31 digits before the point; at most 30 are taken'],
    ['1.00', 'BTC', 'currency must be a currency of ISO 4217, such as EUR'],
    ['1.00', 'eur', 'currency must be three capital letters (ISO 4217), such as EUR'],
    [
      undefined,
      'EUR',
      'amount is required: digits with an optional fraction as a string, such as "12.50", or a JSON number',
    ],
  ])('%s %s: %s', (amount, currency, says) => expect(faults({ amount, currency })).toEqual([says]));

  it.each(['-1', '+1', ' 1', '1,5', '1.', '.5', '1e3', 'NaN', '0', '0.00', -1, 0, true, null, {}])('not %j', (amount) =>
    expect(faults({ amount })).toEqual([expect.stringMatching(/^amount must be greater than 0: digits/)]),
  );

  it('a quote is named by its id', () => {
    expect(faults({ quoteId: 'mine' })).toEqual(['quoteId must be the id of a quote of yours (POST /v1/quotes)']);
  });
});

it('a quote for 12.50 is one for 012.50 and for 12.50 of no other currency', () => {
  const terms = { amount: '12.50', currency: 'EUR', destinationCurrency: 'EUR' };
  expect(quote.mismatch(terms, { ...PAYMENT, amount: '012.50' })).toBeUndefined();
  expect(quote.mismatch(terms, { ...PAYMENT, currency: 'USD' })).toMatchObject({ pointer: '/currency' });
});
