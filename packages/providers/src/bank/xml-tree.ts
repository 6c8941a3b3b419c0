/** An element by its local name: banks' namespaces and prefixes are wrong often enough to be ignored. */
export interface Element {
  readonly name: string;
  /** Its own text, CDATA included, trimmed. */
  readonly text: string;
  readonly attributes: Readonly<Record<string, string>>;
  readonly children: readonly Element[];
}

/**
 * Parses a bank's XML with libxml2: no network, no files, no DOCTYPE. Loaded at the first message, since the API imports this
 * package and never reads one.
 * @throws Error saying what is not well-formed.
 */
export async function readXml(source: string): Promise<Element> {
  if (/<!DOCTYPE/i.test(source)) throw new Error('it has a DOCTYPE');
  const { ParseOption, XmlDocument, XmlElement, XmlText, XmlCData } = await import('libxml2-wasm');
  // A declaration may claim another encoding; the bytes have been decoded already.
  const text = source.replace(/^\uFEFF?\s*<\?xml[^>]*\?>/, '');
  const option = ParseOption.XML_PARSE_NONET | ParseOption.XML_PARSE_HUGE;
  const document = XmlDocument.fromString(text, { option });
  try {
    const treeOf = (element: InstanceType<typeof XmlElement>): Element => {
      const children: Element[] = [];
      let own = '';
      for (let node = element.firstChild; node !== null; node = node.next) {
        if (node instanceof XmlElement) children.push(treeOf(node));
        else if (node instanceof XmlText || node instanceof XmlCData) own += node.content;
      }
      const attributes = Object.fromEntries(element.attrs.map(({ name, content }) => [name, content]));
      return { name: element.name, text: own.trim(), attributes, children };
    };
    return treeOf(document.root);
  } finally {
    document.dispose();
  }
}

/** Direct children along a path of names. */
export function at(element: Element, ...path: readonly string[]): readonly Element[] {
  return path.reduce<readonly Element[]>(
    (found, name) => found.flatMap((one) => one.children.filter((child) => child.name === name)),
    [element],
  );
}

/** The first text that is not empty along a path. */
export function textAt(element: Element, ...path: readonly string[]): string | undefined {
  return at(element, ...path).find(({ text }) => text !== '')?.text;
}

/** All descendants of that name, the element itself included. */
export function all(element: Element, name: string): readonly Element[] {
  const inside = element.children.flatMap((child) => all(child, name));
  return element.name === name ? [element, ...inside] : inside;
}
