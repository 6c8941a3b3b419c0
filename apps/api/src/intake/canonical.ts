import { hash } from 'node:crypto';
import type { Json } from '@countersign/flow';

/** Deeper than any honest body; a bound on the recursion below. */
const MAX_DEPTH = 200;

/**
 * The same JSON value in one spelling: keys sorted by code unit, no white space. Numbers are compared by value (12.5 and
 * 12.50 are one), strings as they are ("12.50" and 12.5 are two).
 * @throws RangeError deeper than 200 levels
 */
export function canonicalJson(value: Json, depth = 0): string {
  if (typeof value !== 'object' || value === null) return JSON.stringify(value);
  if (depth > MAX_DEPTH) throw new RangeError(`nested deeper than ${MAX_DEPTH} levels`);
  if (Array.isArray(value)) return `[${value.map((item) => canonicalJson(item, depth + 1)).join(',')}]`;
  let text = '';
  for (const key of Object.keys(value).sort()) {
    // Present, since it is one of its own keys.
    text += `${text === '' ? '{' : ','}${JSON.stringify(key)}:${canonicalJson(value[key] as Json, depth + 1)}`;
  }
  return text === '' ? '{}' : `${text}}`;
}

/** SHA-256 as hex: what two bodies under one idempotency key are compared by. */
export function fingerprint(content: string | Uint8Array): string {
  return hash('sha256', content, 'hex');
}
