import { SaxesParser, type SaxesAttributeNS } from 'saxes';

/** One element by its local name; namespaces are read and not kept, but for the root's. */
export interface Element {
  readonly name: string;
  readonly namespace: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: Element[];
  text: string;
}

/** The root element; null when it is not well-formed. */
export function readXml(text: string): Element | null {
  const parser = new SaxesParser({ xmlns: true });
  const open: Element[] = [];
  let root: Element | null = null;
  parser.on('opentag', ({ local, uri, attributes }) => {
    const values = Object.values<SaxesAttributeNS>(attributes).map(({ local: name, value }) => [name, value] as const);
    const element: Element = {
      name: local,
      namespace: uri,
      attributes: Object.fromEntries(values),
      children: [],
      text: '',
    };
    open.at(-1)?.children.push(element);
    root ??= element;
    open.push(element);
  });
  parser.on('text', (part) => {
    const element = open.at(-1);
    if (element) element.text += part;
  });
  parser.on('closetag', () => void open.pop());
  try {
    parser.write(text).close();
    return root;
  } catch {
    return null;
  }
}

/** All elements at the end of this path below `element`. */
export function all(element: Element, ...path: readonly string[]): Element[] {
  return path.reduce(
    (found, name) => found.flatMap(({ children }) => children.filter((one) => one.name === name)),
    [element],
  );
}

/** The trimmed text at the end of this path; null when there is none. */
export function textAt(element: Element, ...path: readonly string[]): string | null {
  const text = all(element, ...path)[0]?.text.trim();
  return text === undefined || text === '' ? null : text;
}

/** Text made safe for XML. */
export function escape(text: string): string {
  return text.replaceAll('&', '&amp;').replaceAll('<', '&lt;').replaceAll('>', '&gt;');
}

/** `<name>content</name>`; nothing when there is no content. */
export function element(name: string, ...content: readonly (string | null)[]): string {
  const inside = content.filter((part) => part !== null).join('');
  return inside === '' ? '' : `<${name}>${inside}</${name}>`;
}
