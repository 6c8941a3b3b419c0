import { expect, test } from 'vitest';
import { parseRetryAfter } from '../src/index.ts';

const now = Date.parse('2026-11-20T12:00:00Z');

test.each([
  ['120', 120_000],
  [' 0 ', 0],
  ['1.5', 1_500],
  ['86401', 86_400_000],
  ['999999999999999', 86_400_000],
  ['Fri, 20 Nov 2026 12:00:30 GMT', 30_000],
  ['Friday, 20-Nov-26 12:00:30 GMT', 30_000],
  ['Fri Nov 20 12:00:30 2026', 30_000],
  ['Fri, 20 Nov 2026 11:00:00 GMT', 0],
  ['Sat, 20 Nov 2032 12:00:00 GMT', 86_400_000],
])('%j is %d ms', (header, expected) => {
  expect(parseRetryAfter(header, now)).toBe(expected);
});

test.each([undefined, '', '  ', '-5', '1e3', '0x10', 'soon', 'Fri, 99 Foo 2026', '2026-11-20T12:00:30Z', '12 seconds'])(
  '%j is no Retry-After',
  (header) => {
    expect(parseRetryAfter(header, now)).toBeUndefined();
  },
);

test('the cap is the caller’s to lower', () => {
  expect(parseRetryAfter('120', now, 1_000)).toBe(1_000);
});
