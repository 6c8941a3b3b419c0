import { expect, test } from 'vitest';
import { compile } from '../src/compile.ts';
import type { JsonValue } from '../src/document-type.ts';
import { suite } from './suites.ts';

interface Group {
  readonly file: string;
  readonly description: string;
  readonly schema: JsonValue;
  readonly tests: readonly { readonly description: string; readonly data: JsonValue; readonly valid: boolean }[];
}

/** What is judged otherwise than the suite asks, by file or group, and why. All that can be refused when a type is defined is. */
const OTHERWISE: Readonly<Record<string, string>> = {
  'format.json': 'formats are checked: a schema that names one means it',
  'refRemote.json': 'refused: nothing is fetched, a schema is one document',
  'vocabulary.json': 'refused: nothing is fetched, meta-schemas of others are not known',
  'dynamicRef.json': 'refused: Ajv reads $dynamicRef wrongly in half of the cases',
  'unevaluatedItems.json: unevaluatedItems with $dynamicRef': 'the same',
  'unevaluatedProperties.json: unevaluatedProperties with $dynamicRef': 'the same',
  'unevaluatedItems.json: unevaluatedItems with nested items': 'Ajv: anyOf of items and true',
  'unevaluatedItems.json: unevaluatedItems depends on multiple nested contains':
    'Ajv: contains counts as all items seen',
  'unevaluatedItems.json: unevaluatedItems with minContains = 0': 'Ajv: such a contains is left out',
  'unevaluatedProperties.json: unevaluatedProperties with if/then/else, then not defined':
    'Ajv: what a failed if saw counts',
};

test('the JSON Schema Test Suite (2020-12, required) is judged as it asks, but for what is named with its reason', () => {
  const groups = suite<Group>('json-schema-2020-12.jsonl');
  const differing = new Set(groups.flatMap(differs));
  expect(groups.length).toBeGreaterThan(190);
  expect([...differing].sort()).toEqual(Object.keys(OTHERWISE).sort());
});

/** The name it stands under in `OTHERWISE` where it is named there, its own where it should not differ and does. */
function differs({ file, description, schema, tests }: Group): string[] {
  const compiled = compile({ format: 'json', schema });
  const judge = 'json' in compiled ? compiled.json : undefined;
  const same = judge !== undefined && tests.every(({ data, valid }) => (judge(data).length === 0) === valid);
  const name = `${file}: ${description}`;
  return same ? [] : [file in OTHERWISE ? file : name];
}

const problems = (schema: JsonValue): string[] => {
  const compiled = compile({ format: 'json', schema });
  return 'json' in compiled ? [] : (compiled as readonly { detail: string }[]).map(({ detail }) => detail);
};

test('a slip in a keyword or a format is refused with the word that was meant; notes of its author are not', () => {
  expect(problems({ requird: ['a'] })).toEqual(['unknown keyword "requird": is required meant?']);
  expect(problems({ properties: { a: { additionalproperties: false } } })[0]).toContain('additionalProperties');
  expect(problems({ format: 'date-tiem' })).toEqual(['unknown format "date-tiem": is date-time meant?']);
  expect(problems({ 'x-origin': 'ERP', recommended: ['a'], calculated: true, format: 'currency' })).toEqual([]);
  expect(problems({ $dynamicRef: '#node' })[0]).toContain('use $ref');
  expect(problems({ pattern: '^\\-?[0-9]+$' })).toEqual([]);
  expect(problems({ pattern: '(' })[0]).toContain('Invalid regular expression');
});

test('a bundle: schemas with names of their own, held in $defs, refer to each other by them', () => {
  const node = {
    $id: 'https://example.test/node',
    $ref: '#/$defs/node',
    $defs: { node: { type: 'object', properties: { next: { $ref: 'node' }, leaf: { $ref: 'leaf' } } } },
  };
  const leaf = { $id: 'leaf', type: 'integer' };
  const bundle = { $id: 'https://example.test/root', $ref: 'node', $defs: { node, leaf } };
  const compiled = compile({ format: 'json', schema: bundle });
  const judge = 'json' in compiled ? compiled.json : undefined;
  expect(judge?.({ next: { next: { leaf: 1 } } })).toEqual([]);
  expect(judge?.({ next: { next: { leaf: 'x' } } })).toMatchObject([{ pointer: '/next/next/leaf' }]);
});

test('a choice between constants is one violation, with what may be chosen', () => {
  const compiled = compile({
    format: 'json',
    schema: { properties: { a: { oneOf: [{ const: 'x' }, { const: 'y' }] } } },
  });
  const judge = 'json' in compiled ? compiled.json : undefined;
  expect(judge?.({ a: 'z' })).toEqual([
    { pointer: '/a', detail: 'must be one of ["x","y"]' },
    { pointer: '/a', detail: 'must match exactly one schema in oneOf' },
  ]);
});
