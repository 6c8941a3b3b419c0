import { Unreadable } from './document-type.ts';

const UTF8_BOM = [0xef, 0xbb, 0xbf];
const BOMS: readonly (readonly [string, readonly number[]])[] = [
  ['utf-8', UTF8_BOM],
  ['utf-16be', [0xfe, 0xff]],
  ['utf-16le', [0xff, 0xfe]],
];
/** The declaration lies in the first bytes, in characters every encoding we read has in common. */
const DECLARATION_BYTES = 256;

/** JSON between systems is UTF-8 (RFC 8259); a byte order mark is passed over. */
export function decodeJson(bytes: Uint8Array): string {
  return decode('utf-8', startsWith(bytes, UTF8_BOM) ? bytes.subarray(UTF8_BOM.length) : bytes);
}

/** The text of an XML document: by its byte order mark, else the `charset` it was sent with, else its own declaration, else UTF-8. */
export function decodeXml(bytes: Uint8Array, contentType: string): string {
  for (const [encoding, bom] of BOMS) if (startsWith(bytes, bom)) return decode(encoding, bytes.subarray(bom.length));
  if (startsWith(bytes, [0x3c, 0x00])) return decode('utf-16le', bytes);
  if (startsWith(bytes, [0x00, 0x3c])) return decode('utf-16be', bytes);
  const sent = /;\s*charset\s*=\s*"?([\w.:-]+)/i.exec(contentType)?.[1];
  return decode(sent ?? declared(bytes) ?? 'utf-8', bytes);
}

function declared(bytes: Uint8Array): string | undefined {
  const head = Buffer.from(bytes.subarray(0, DECLARATION_BYTES)).toString('latin1');
  return /^<\?xml[^>]*?\sencoding\s*=\s*["']([A-Za-z][\w.-]*)["']/.exec(head)?.[1];
}

function decode(encoding: string, bytes: Uint8Array): string {
  let decoder: TextDecoder;
  try {
    decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
  } catch {
    throw new Unreadable({ detail: `the encoding ${encoding.slice(0, 40)} is not one we read; send UTF-8`, line: 1 });
  }
  try {
    return decoder.decode(bytes);
  } catch {
    throw new Unreadable({ detail: `it is not valid ${encoding.toUpperCase()}`, ...placeOfFault(encoding, bytes) });
  }
}

/** Where the first bytes stand that are no characters: found by halves, twenty of them for 1 MiB. */
function placeOfFault(encoding: string, bytes: Uint8Array): { line: number; column: number } {
  const textOf = (length: number): string | undefined => {
    try {
      const decoder = new TextDecoder(encoding, { fatal: true, ignoreBOM: true });
      return decoder.decode(bytes.subarray(0, length), { stream: true });
    } catch {
      return undefined;
    }
  };
  let [good, bad] = [0, bytes.length + 1];
  while (bad - good > 1) {
    const middle = (good + bad) >> 1;
    if (textOf(middle) === undefined) bad = middle;
    else good = middle;
  }
  const text = textOf(good) ?? '';
  return { line: text.split('\n').length, column: text.length - text.lastIndexOf('\n') };
}

function startsWith(bytes: Uint8Array, start: readonly number[]): boolean {
  return start.every((byte, at) => bytes[at] === byte);
}
