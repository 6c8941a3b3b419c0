import type { Json } from '@countersign/flow';

/**
 * The name of a member that an object of `text` has twice, and where the second one begins; undefined: none has. `json` is what
 * `JSON.parse` made of it, keeping the last of them: the sender may have meant the first (RFC 8259 section 4), and with amounts
 * that is not ours to choose. About 2 µs for 2 kB: the colons are counted, and only when there are too many is one looked for.
 */
export function repeatedMember(
  text: string,
  json: Json,
): { readonly name: string; readonly position: number } | undefined {
  let colons = 0;
  for (let at = 0; at < text.length; at += 1) {
    const code = text.charCodeAt(at);
    if (code === QUOTE) at = endOfString(text, at);
    else if (code === COLON) colons += 1;
  }
  return colons === membersOf(json) ? undefined : firstRepeated(text);
}

const QUOTE = 34;
const COLON = 58;
const BACKSLASH = 92;

/** The position of the quote that ends the string which begins at `start`. */
function endOfString(text: string, start: number): number {
  for (let end = text.indexOf('"', start + 1); ; end = text.indexOf('"', end + 1)) {
    if (end < 0) return text.length;
    let before = end - 1;
    while (text.charCodeAt(before) === BACKSLASH) before -= 1;
    if ((end - before) % 2 === 1) return end;
  }
}

/** Without recursion: a megabyte of brackets is JSON too. */
function membersOf(json: Json): number {
  let members = 0;
  const left: Json[] = [json];
  for (let value = left.pop(); value !== undefined; value = left.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    const values = Object.values(value);
    if (!Array.isArray(value)) members += values.length;
    for (const each of values) if (typeof each === 'object' && each !== null) left.push(each);
  }
  return members;
}

function firstRepeated(text: string): { readonly name: string; readonly position: number } | undefined {
  const open: Set<string>[] = [];
  for (let at = 0; at < text.length; at += 1) {
    const char = text.charAt(at);
    // An array has a place too, so that every closing bracket closes one.
    if (char === '{' || char === '[') open.push(new Set());
    else if (char === '}' || char === ']') open.pop();
    else if (char === '"') {
      const end = endOfString(text, at);
      if (/^\s*:/.test(text.slice(end + 1, end + 200))) {
        // The same name may be written with and without escapes.
        const name = String(JSON.parse(text.slice(at, end + 1)));
        if (open.at(-1)?.has(name)) return { name, position: at };
        open.at(-1)?.add(name);
      }
      at = end;
    }
  }
  return undefined;
}
