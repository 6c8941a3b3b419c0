/** A piece of XML that is escaped already. */
export interface Xml {
  readonly xml: string;
}

type Part = string | number | Xml | readonly Xml[] | undefined;

/** `` xml`<Nm>${name}</Nm>` ``: texts are escaped, pieces and lists of pieces go in as they are, undefined leaves nothing. */
export function xml(parts: TemplateStringsArray, ...values: readonly Part[]): Xml {
  const text = parts.map((part, at) => part.replaceAll(/\n\s*/g, '') + written(values[at]));
  return { xml: text.join('') };
}

function written(value: Part): string {
  if (value === undefined) return '';
  if (typeof value === 'string' || typeof value === 'number') return escaped(String(value));
  if ('xml' in value) return value.xml;
  return value.map((piece) => piece.xml).join('');
}

function escaped(text: string): string {
  return text
    .replaceAll('&', '&amp;')
    .replaceAll('<', '&lt;')
    .replaceAll('>', '&gt;')
    .replaceAll('"', '&quot;')
    .replaceAll("'", '&apos;');
}
