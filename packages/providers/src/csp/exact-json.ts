import type { Json, JsonObject } from '@countersign/flow';

/**
 * Parses a stranger's JSON and loses nothing: a number that a double would write otherwise (`50.00`, 20 digits) becomes the
 * string of its digits. undefined where it is no JSON.
 */
export function exactJson(text: string): Json | undefined {
  try {
    // The third argument is newer than the types of JSON.parse.
    const parse = JSON.parse as (text: string, revive: Reviver) => Json;
    return parse(text, (_key, value, { source }) =>
      typeof value === 'number' && source !== undefined && String(value) !== source ? source : value,
    );
  } catch {
    return undefined;
  }
}

type Reviver = (key: string, value: Json, context: { readonly source?: string }) => Json;

export function objectIn(value: Json | undefined): JsonObject | undefined {
  return typeof value === 'object' && value !== null && !Array.isArray(value) ? value : undefined;
}

/** An array, or a single object where they spell one so. */
export function listIn(value: Json | undefined): readonly JsonObject[] {
  const list = Array.isArray(value) ? value : [value];
  return list.map(objectIn).filter((each) => each !== undefined);
}

/** A string, or a number by its digits; undefined for anything else. */
export function textIn(value: Json | undefined): string | undefined {
  return typeof value === 'string' ? value : typeof value === 'number' ? String(value) : undefined;
}
