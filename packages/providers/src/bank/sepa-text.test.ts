import { expect, it } from 'vitest';
import { isSepaText, sepaText } from './sepa-text.ts';

it.each([
  ['Ada Lovelace', 'Ada Lovelace'],
  ['Jürgen Weiß & Søn', 'Jurgen Weiss + Son'],
  ['Łukasz Żółć', 'Lukasz Zolc'],
  ['Õie Ääremaa', 'Oie Aaremaa'],
  ['Γιώργος', 'Giorgos'],
  ['Олег Щербак', 'Oleg Shcherbak'],
  ['“Quote” – it’s', "'Quote' - it's"],
  ['a_b@c;d', 'a-b.c,d'],
  ['  two \t lines\n', 'two lines'],
])('%j is written %j', (given, written) => {
  expect(sepaText(given)).toEqual({ text: written, left: [] });
  expect(isSepaText(written)).toBe(true);
});

it('what cannot be written is left, as it was', () => {
  expect(sepaText('王 Ada 😀').left).toEqual(['王', '😀']);
  expect(sepaText('a\u0000b').left).toEqual(['\u0000']);
});
