import { decodeJson, decodeXml } from './encoding.ts';

/** A document as text, for whoever takes it inside another message: JSON as it stands, XML decoded. @throws Unreadable */
export function textOfDocument(
  bytes: Uint8Array,
  contentType: string,
): { readonly format: 'json' | 'xml'; readonly text: string } {
  return isJsonType(contentType)
    ? { format: 'json', text: decodeJson(bytes) }
    : { format: 'xml', text: decodeXml(bytes, contentType) };
}

export function isJsonType(contentType: string): boolean {
  return /^application\/([\w.+-]+\+)?json\b/i.test(contentType);
}
