import { ParseOption, XmlCData, XmlDocument, XmlElement, XmlLibError, XmlText, type XmlNode } from 'libxml2-wasm';
import { decodeXml } from './encoding.ts';
import { MOST_VIOLATIONS, Unreadable, type JsonValue, type Violation, type XmlMatch } from './document-type.ts';

/** The library's own limits stay (256 levels, 10 MB of a text); nothing is fetched, included or expanded. */
const OPTIONS =
  ParseOption.XML_PARSE_NONET |
  ParseOption.XML_PARSE_NO_XXE |
  ParseOption.XML_PARSE_BIG_LINES |
  ParseOption.XML_PARSE_NOWARNING;

/** Reads a document and gives it back with `dispose` owed. @throws Unreadable */
export function readXml(bytes: Uint8Array, contentType: string): XmlDocument {
  const text = decodeXml(bytes, contentType);
  refuseDoctype(text);
  try {
    // Decoded already: what it says of its encoding is no longer true.
    return XmlDocument.fromBuffer(Buffer.from(text), { encoding: 'UTF-8', option: OPTIONS });
  } catch (error) {
    const [first] = violationsOf(error);
    throw new Unreadable({ ...first, detail: `it is not well-formed XML: ${first?.detail ?? 'unknown'}` });
  }
}

/**
 * A DTD is the way to every XML attack and to no receipt. It can only stand before the root element, after comments and
 * processing instructions: looked for there, in one pass, before any parser sees the document.
 */
function refuseDoctype(text: string): void {
  let at = 0;
  for (;;) {
    at = text.indexOf('<', at);
    if (at < 0) return;
    if (text.startsWith('<?', at)) at = text.indexOf('?>', at);
    else if (text.startsWith('<!--', at)) at = text.indexOf('-->', at + 4);
    else break;
    if (at < 0) return;
  }
  if (!/^<!DOCTYPE/i.test(text.slice(at, at + 9))) return;
  const line = text.slice(0, at).split('\n').length;
  throw new Unreadable({ detail: 'it has a DOCTYPE; leave it out: DTDs and entities are not read', line });
}

/** What libxml2 says, as places and sentences. */
export function violationsOf(error: unknown): Violation[] {
  if (!(error instanceof XmlLibError) || error.details.length === 0) {
    return [{ detail: error instanceof Error ? error.message.trim().slice(0, 300) : 'unknown' }];
  }
  return error.details.slice(0, MOST_VIOLATIONS).map(({ message, line, col }) => ({
    detail: message.trim().slice(0, 300),
    ...(line > 0 ? { line } : {}),
    ...(col > 0 ? { column: col } : {}),
  }));
}

export function matchesXml(document: XmlDocument, { root, namespace, child }: XmlMatch): boolean {
  const element = document.root;
  if (element.name !== root || element.namespaceUri !== (namespace ?? '')) return false;
  if (!child) return true;
  for (let node = element.firstChild; node; node = node.next) {
    if (node instanceof XmlElement && node.name === child.name && node.content.trim().startsWith(child.startsWith))
      return true;
  }
  return false;
}

/**
 * An element as rules see it: its children by local name (a list where there are several), attributes as `@name`, its
 * own text as `#text`; an element with text only is that text.
 */
export function plainOf(element: XmlElement): JsonValue {
  // No prototype: a child called __proto__ is a child.
  const plain: Record<string, JsonValue> = Object.create(null) as Record<string, JsonValue>;
  let text = '';
  for (const attribute of element.attrs) plain[`@${attribute.name}`] = attribute.value;
  for (let node: XmlNode | null = element.firstChild; node; node = nextOf(node)) {
    if (node instanceof XmlElement) add(plain, node.name, plainOf(node));
    else if (node instanceof XmlText || node instanceof XmlCData) text += node.content;
  }
  if (Object.keys(plain).length === 0) return text;
  if (text.trim() !== '') plain['#text'] = text.trim();
  return plain;
}

function nextOf(node: XmlNode): XmlNode | null {
  return 'next' in node ? (node as XmlElement).next : null;
}

function add(plain: Record<string, JsonValue>, name: string, value: JsonValue): void {
  const before = plain[name];
  if (before === undefined) plain[name] = value;
  else if (Array.isArray(before)) before.push(value);
  else plain[name] = [before, value];
}
