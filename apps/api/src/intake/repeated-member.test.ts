import { expect, test } from 'vitest';
import { parseJson } from './json-body.ts';
import { repeatedMember } from './repeated-member.ts';

function repeatedIn(text: string) {
  return repeatedMember(text, JSON.parse(text));
}

test.each([
  ['{"amount":"1.00","amount":"9.00"}', 'amount', 17],
  ['{"a":{"b":1},"c":[{"d":1,"d":2}]}', 'd', 25],
  ['{"a":1,"\\u0061":2}', 'a', 7],
  ['{"__proto__":1, "__proto__" :2}', '__proto__', 16],
  ['{"a\\"":":","a\\"":1}', 'a"', 11],
])('%s names a member twice', (text, name, position) => {
  expect(repeatedIn(text)).toEqual({ name, position });
});

test.each([
  '{"a":1,"b":{"a":1},"c":[{"a":1},{"a":2}]}',
  '{"a:":"x:y","b":"\\\\","c":"\\":"}',
  '{"__proto__":{"a":1}}',
  '[]',
  '":"',
  '12',
])('%s does not', (text) => {
  expect(repeatedIn(text)).toBeUndefined();
});

test('400: the name that stands twice, and where', () => {
  const send = () => parseJson(Buffer.from('{"id":"x","amount":"1.00","amount":"9.00"}'));
  expect(send).toThrow('names "amount" twice in one object, again at position 26');
});

test('a megabyte of brackets is gone through', () => {
  const depth = 500_000;
  expect(repeatedIn(`${'['.repeat(depth)}${']'.repeat(depth)}`)).toBeUndefined();
});
