import { XmlDocument, xmlRegisterInputProvider, XsdValidator } from 'libxml2-wasm';
import type { DocumentType, JsonValue, TypeProblem, Violation } from './document-type.ts';
import { compileSchema } from './json-schema.ts';
import { compileRules } from './rules.ts';
import { fileOf, joinFiles } from './xsd-files.ts';
import { plainOf, violationsOf } from './xml-document.ts';

/** A type made ready: schema and rules. */
export interface Compiled {
  readonly json?: (document: JsonValue) => Violation[];
  readonly xml?: (document: XmlDocument) => Violation[];
}

/** Makes a type ready, or says all that is wrong with it. */
export function compile(type: DocumentType): Compiled | readonly TypeProblem[] {
  const problems: TypeProblem[] = [];
  const note = (problem: TypeProblem): void => void problems.push(problem);
  const checks = compileRules(type.rules ?? [], note);
  const rulesOn = (document: JsonValue): Violation[] => checks.flatMap((check) => check(document) ?? []);
  const compiled =
    type.format === 'json' ? jsonPart(type, rulesOn, note) : xmlPart(type, rulesOn, note, checks.length > 0);
  return problems.length > 0 ? problems : compiled;
}

type Note = (problem: TypeProblem) => void;

function jsonPart(
  { schema = true }: DocumentType,
  rulesOn: (document: JsonValue) => Violation[],
  note: Note,
): Compiled {
  const validate = compileSchema(schema, note);
  if (!validate) return {};
  return {
    json: (document) => {
      const violations = validate(document);
      return violations.length > 0 ? violations : rulesOn(document);
    },
  };
}

function xmlPart(
  { xsd }: DocumentType,
  rulesOn: (document: JsonValue) => Violation[],
  note: Note,
  hasRules: boolean,
): Compiled {
  const validator = xsd === undefined ? undefined : xsdOf(typeof xsd === 'string' ? { 'schema.xsd': xsd } : xsd, note);
  return {
    xml: (document) => {
      try {
        validator?.validate(document);
      } catch (error) {
        return violationsOf(error);
      }
      return hasRules ? rulesOn(plainOf(document.root)) : [];
    },
  };
}

/** The files a schema being compiled may include: those of its own type, and only while it is compiled. */
let readable: ReadonlyMap<string, Uint8Array> = new Map();
const opened = new Map<number, { readonly bytes: Uint8Array; at: number }>();
let handles = 0;

/** Every request for a file or an address ends here; what is no file of the type is not there. */
xmlRegisterInputProvider({
  match: () => true,
  open: (name) => {
    const bytes = readable.get(fileOf(name));
    if (!bytes) return undefined;
    opened.set((handles += 1), { bytes, at: 0 });
    return handles;
  },
  read: (handle, into) => {
    const file = opened.get(Number(handle));
    if (!file) return -1;
    const part = file.bytes.subarray(file.at, file.at + into.byteLength);
    into.set(part);
    file.at += part.byteLength;
    return part.byteLength;
  },
  close: (handle) => opened.delete(Number(handle)),
});

function xsdOf(files: Readonly<Record<string, string>>, note: Note): XsdValidator | undefined {
  const [main] = Object.keys(files);
  const pointer = main === 'schema.xsd' && Object.keys(files).length === 1 ? '/xsd' : `/xsd/${main ?? ''}`;
  for (const [name, text] of Object.entries(files)) {
    if (/<!DOCTYPE/i.test(text))
      note({ pointer: `/xsd/${name}`, detail: 'has a DOCTYPE; leave it out: DTDs and entities are not read' });
  }
  const texts = joinFiles(files);
  readable = new Map([...texts].map(([name, text]) => [name, Buffer.from(text)]));
  try {
    const document = XmlDocument.fromString(texts.get(fileOf(main ?? '')) ?? '', { url: fileOf(main ?? '') });
    try {
      return XsdValidator.fromDoc(document);
    } finally {
      document.dispose();
    }
  } catch (error) {
    for (const { detail, line } of violationsOf(error))
      note({ pointer, detail: line === undefined ? detail : `line ${line}: ${detail}` });
    return undefined;
  } finally {
    readable = new Map();
  }
}
