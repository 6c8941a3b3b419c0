import { expect, test } from 'vitest';
import { Unreadable } from '../src/document-type.ts';
import { readJson } from '../src/json-document.ts';
import { suite } from './suites.ts';

interface Case {
  readonly name: string;
  readonly base64: string;
}

/** What is wrong with it; undefined: nothing. Anything thrown but `Unreadable` would be our own fault. */
function faultOf(bytes: Uint8Array) {
  try {
    readJson(bytes);
    return undefined;
  } catch (error) {
    if (error instanceof Unreadable) return error.violation;
    throw error;
  }
}

const cases = suite<Case>('json-parsing.jsonl').map(({ name, base64 }) => ({
  name,
  bytes: Buffer.from(base64, 'base64'),
}));
const named = (prefix: string) => cases.filter(({ name }) => name.startsWith(prefix));

test('JSONTestSuite: what is JSON is read (y_)', () => {
  expect(named('y_').length).toBeGreaterThan(40);
  expect(named('y_').filter(({ bytes }) => faultOf(bytes) !== undefined)).toEqual([]);
});

test('JSONTestSuite: what is not is refused with its line (n_)', () => {
  const missed = named('n_').filter(({ bytes }) => !((faultOf(bytes)?.line ?? 0) >= 1));
  expect(named('n_').length).toBeGreaterThan(90);
  expect(missed.map(({ name }) => name)).toEqual([]);
});

test('JSONTestSuite: what may be either is read or refused, and nothing else happens (i_)', () => {
  for (const { bytes } of named('i_')) faultOf(bytes);
});

test('its two large ones: 100,000 brackets, and 50,000 objects in each other', () => {
  expect(faultOf(Buffer.from('['.repeat(100_000)))).toMatchObject({ line: 1 });
  expect(faultOf(Buffer.from(`${'[{"":'.repeat(50_000)}\n`))).toMatchObject({ line: 1 });
});
