const PLACE = /(\sschemaLocation\s*=\s*)(["'])([^"']*)\2/;
const NAMESPACE = /\snamespace\s*=\s*(["'])([^"']*)\1/;
const TARGET = /<(?:[\w.-]+:)?schema\b[^>]*\stargetNamespace\s*=\s*(["'])([^"']*)\1/;
const INCLUDES = /<(?:[\w.-]+:)?(?:include|redefine)\b[^>]*>/g;
const REFERENCES = /<(?:[\w.-]+:)?(?:include|redefine|import)\b[^>]*>/g;

/** `../common/types.xsd` is the file `types.xsd`: folders do not matter among the files of one type. */
export function fileOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

/**
 * The files of a schema under their plain names, each saying which of the others it needs. Authorities publish schemas
 * that import each other by address, or by namespace alone; what is meant is among the files, and nothing is fetched.
 */
export function joinFiles(given: Readonly<Record<string, string>>): Map<string, string> {
  const files = new Map(Object.entries(given).map(([name, text]) => [fileOf(name), text]));
  const included = new Set([...files.values()].flatMap(includedBy));
  const mainOf = new Map<string, string>();
  for (const [name, text] of files) {
    const target = TARGET.exec(text)?.[2];
    if (target !== undefined && !included.has(name) && !mainOf.has(target)) mainOf.set(target, name);
  }
  const placed = (reference: string): string => {
    const address = PLACE.exec(reference)?.[3];
    if (address !== undefined && files.has(fileOf(address)))
      return reference.replace(
        PLACE,
        (_all, before: string, quote: string) => `${before}${quote}${fileOf(address)}${quote}`,
      );
    const name = mainOf.get(NAMESPACE.exec(reference)?.[2] ?? '');
    if (name === undefined) return reference;
    return address === undefined
      ? reference.replace(/\s*\/?>$/, (end) => ` schemaLocation="${name}"${end}`)
      : reference.replace(PLACE, ` schemaLocation="${name}"`);
  };
  return new Map([...files].map(([name, text]) => [name, text.replace(REFERENCES, placed)]));
}

function includedBy(text: string): string[] {
  return [...text.matchAll(INCLUDES)].flatMap(([reference]) => {
    const address = PLACE.exec(reference)?.[3];
    return address === undefined ? [] : [fileOf(address)];
  });
}
