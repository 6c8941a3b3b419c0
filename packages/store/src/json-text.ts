/**
 * JSON that PostgreSQL can keep: NUL and half surrogate pairs, which its text cannot hold and which a third party's
 * message may well contain, become U+FFFD. One such character would otherwise fail its submission for ever.
 */
export function jsonText(value: unknown): string {
  const text = JSON.stringify(value);
  // JSON.stringify writes exactly these as escapes; a body that spells them out (`\\u0000`) matches too, and is left alone below.
  return UNSTORABLE.test(text) ? JSON.stringify(value, (_key, part: unknown) => clean(part)) : text;
}

const UNSTORABLE = /\\u(0000|d[89a-f])/;

function clean(part: unknown): unknown {
  return typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part;
}
