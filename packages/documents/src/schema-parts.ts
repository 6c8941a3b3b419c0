import type { JsonValue } from './document-type.ts';

type Schema = { readonly [key: string]: JsonValue };
type Parts = Map<string, JsonValue>;

/** Values, not schemas: what looks like a schema in them is none. */
const VALUES = new Set(['enum', 'const', 'examples', 'default']);
/** Where a schema stands that says no base itself; never asked for. */
const NOWHERE = 'schema:/';
/** Always true, and yet looked at. */
const ANYTHING = { allOf: [true] };

/**
 * A schema as Ajv reads it well. A bundle (2020-12 core, section 9.3) is taken apart: schemas with an `$id` of their own
 * are `parts`, by absolute `$id`, and references stand in their places; of a bundle Ajv goes round in circles. An `if`
 * without `then` or `else` gets them, because what it looked at counts for `unevaluatedProperties` all the same.
 */
export function takeApart(schema: JsonValue): { readonly rest: JsonValue; readonly parts: Parts } {
  const parts: Parts = new Map();
  if (!isSchema(schema)) return { rest: schema, parts };
  return { rest: walkInside(schema, idOf(schema, NOWHERE) ?? NOWHERE, parts), parts };
}

function walk(value: JsonValue, base: string, parts: Parts): JsonValue {
  if (Array.isArray(value)) return value.map((item: JsonValue) => walk(item, base, parts));
  if (!isSchema(value)) return value;
  const id = idOf(value, base);
  if (id === undefined || id === base || parts.has(id)) return walkInside(value, base, parts);
  // Held while its inside is walked, so that the same one further in is not taken for another.
  parts.set(id, true);
  parts.set(id, { ...walkInside(value, id, parts), $id: id });
  return { $ref: id };
}

function walkInside(schema: Schema, base: string, parts: Parts): Schema {
  const entries = Object.entries(schema).map(([key, inner]): [string, JsonValue] => {
    return [key, VALUES.has(key) ? inner : walk(inner, base, parts)];
  });
  const branches = 'if' in schema ? { then: ANYTHING, else: ANYTHING } : {};
  return { ...branches, ...Object.fromEntries(entries) };
}

function isSchema(value: JsonValue): value is Schema {
  return typeof value === 'object' && value !== null && !Array.isArray(value);
}

/** The absolute `$id` of a schema; undefined: it has none of its own, or none that can be made absolute. */
function idOf({ $id }: Schema, base: string): string | undefined {
  if (typeof $id !== 'string' || !URL.canParse($id, base)) return undefined;
  const id = new URL($id, base).href.replace(/#$/, '');
  return id.startsWith(NOWHERE) ? undefined : id;
}
