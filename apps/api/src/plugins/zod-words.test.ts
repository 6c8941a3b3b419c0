import { expect, test } from 'vitest';
import { z } from 'zod';
import { inOurWords } from './zod-words.ts';

function said(schema: z.ZodType, value: unknown): string {
  return inOurWords(schema.safeParse(value).error?.issues[0]?.message ?? 'nothing');
}

test.each([
  [z.string(), undefined, 'is required: a string'],
  [z.object({}), undefined, 'is required: an object'],
  [z.array(z.string()), {}, 'must be an array, not an object'],
  [z.record(z.string(), z.string()), 7, 'must be an object, not a number'],
  [z.string(), null, 'must be a string, not null'],
  [z.enum(['EUR', 'GBP']), 'USD', 'must be one of EUR, GBP'],
  [z.literal('ADD'), 'NO', 'must be ADD'],
  [z.string().min(3), 'ab', 'must have at least 3 characters'],
  [z.string().max(3), 'abcd', 'must have at most 3 characters'],
  [z.array(z.string()).min(1), [], 'must not be empty'],
  [z.string().min(1), '', 'must not be empty'],
  [
    z.discriminatedUnion('format', [z.object({ format: z.literal('json') }), z.object({ format: z.literal('xml') })]),
    { format: 'pdf' },
    'must be one of json, xml',
  ],
  [z.number().min(1), 0, 'must be at least 1'],
  [z.number().gt(1), 1, 'must be above 1'],
  [z.number().max(5), 6, 'must be at most 5'],
  [z.uuid(), 'x', 'must be a valid UUID'],
  [z.string({ error: 'must be our own sentence' }), 1, 'must be our own sentence'],
])('%#: what zod says of %j is said in words a caller can mend a request by', (schema, value, words) => {
  expect(said(schema, value)).toBe(words);
});
