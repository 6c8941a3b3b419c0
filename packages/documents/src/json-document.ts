import { decodeJson } from './encoding.ts';
import { Unreadable, type JsonMatch, type JsonValue } from './document-type.ts';

/** No receipt nests deeper; what walks a document may call itself so often. */
const MAX_DEPTH = 128;

/** @throws Unreadable */
export function readJson(bytes: Uint8Array): JsonValue {
  const text = decodeJson(bytes);
  refuseDepth(text);
  try {
    // Whatever parses is JSON: the type says no more than that.
    return JSON.parse(text) as JsonValue;
  } catch (error) {
    throw new Unreadable({ detail: `it is not well-formed JSON: ${reasonOf(error)}`, ...placeOf(error, text) });
  }
}

function reasonOf(error: unknown): string {
  return error instanceof Error
    ? error.message.replace(/,? ?(\.{3})?"[\s\S]*" is not valid JSON$/, ' found').slice(0, 200)
    : 'unknown';
}

function placeOf(error: unknown, text: string): { line: number; column: number } {
  const found = error instanceof Error ? /at position (\d+)/.exec(error.message)?.[1] : undefined;
  const at = found === undefined ? text.length : Number(found);
  const before = text.slice(0, at);
  return { line: before.split('\n').length, column: at - before.lastIndexOf('\n') };
}

/** Counted before parsing, in one pass over the text. */
function refuseDepth(text: string): void {
  let depth = 0;
  let quoted = false;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (quoted) {
      if (code === 0x5c) at += 1;
      else if (code === 0x22) quoted = false;
    } else if (code === 0x22) quoted = true;
    else if (code === 0x7b || code === 0x5b) depth += 1;
    else if (code === 0x7d || code === 0x5d) depth -= 1;
    if (depth > MAX_DEPTH) {
      const line = text.slice(0, at).split('\n').length;
      throw new Unreadable({ detail: `it is nested deeper than ${MAX_DEPTH} levels`, line });
    }
  }
}

export function matchesJson(document: JsonValue, { pointer, equals }: JsonMatch): boolean {
  const found = valueAt(document, pointer);
  return found !== undefined && (equals === undefined || JSON.stringify(found) === JSON.stringify(equals));
}

/** RFC 6901. */
export function valueAt(document: JsonValue, pointer: string): JsonValue | undefined {
  let value: JsonValue | undefined = document;
  for (const part of pointer.split('/').slice(1)) {
    const name = part.replaceAll('~1', '/').replaceAll('~0', '~');
    if (typeof value !== 'object' || value === null || !Object.hasOwn(value, name)) return undefined;
    // Present, since it is one of its own keys; an array's are its places.
    value = (value as Record<string, JsonValue>)[name];
  }
  return value;
}
