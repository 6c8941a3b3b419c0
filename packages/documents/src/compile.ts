import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { XmlDocument, xmlRegisterInputProvider, XsdValidator } from 'libxml2-wasm';
import {
  MOST_VIOLATIONS,
  type DocumentType,
  type JsonValue,
  type TypeProblem,
  type Violation,
} from './document-type.ts';
import { compileRules } from './rules.ts';
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
  // The three are questions of style; strict refuses misspelt keywords, unknown formats and dead branches.
  const style = { strictTypes: false, strictTuples: false, strictRequired: false } as const;
  const ajv = new Ajv2020({ strict: true, ...style, allErrors: true, logger: false });
  // CommonJS: the plugin is its default export's default.
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  try {
    // Ajv judges the schema by its meta-schema itself.
    const validate = ajv.compile(schema as object | boolean);
    return {
      json: (document) => {
        const ok = validate(document);
        return ok ? rulesOn(document) : (validate.errors ?? []).slice(0, MOST_VIOLATIONS).map(violationOf);
      },
    };
  } catch (error) {
    note({ pointer: '/schema', detail: error instanceof Error ? error.message.slice(0, 500) : 'cannot be read' });
    return {};
  }
}

function violationOf({ instancePath, message = 'is not valid', keyword, params }: ErrorObject): Violation {
  const extra: unknown = params['additionalProperty'] ?? params['unevaluatedProperty'];
  const named = typeof extra === 'string' ? `: ${extra.slice(0, 100)}` : allowedOf(keyword, params);
  return { pointer: instancePath, detail: `${message}${named}` };
}

function allowedOf(keyword: string, params: ErrorObject['params']): string {
  if (keyword === 'enum' || keyword === 'const') {
    return `: ${JSON.stringify(params['allowedValues'] ?? params['allowedValue']).slice(0, 200)}`;
  }
  return '';
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

/** `../common/types.xsd` is the file `types.xsd`: folders do not matter among the files of one type. */
function fileOf(name: string): string {
  return name.slice(Math.max(name.lastIndexOf('/'), name.lastIndexOf('\\')) + 1);
}

function xsdOf(files: Readonly<Record<string, string>>, note: Note): XsdValidator | undefined {
  const [main] = Object.keys(files);
  const pointer = main === 'schema.xsd' && Object.keys(files).length === 1 ? '/xsd' : `/xsd/${main ?? ''}`;
  for (const [name, text] of Object.entries(files)) {
    if (/<!DOCTYPE/i.test(text))
      note({ pointer: `/xsd/${name}`, detail: 'has a DOCTYPE; leave it out: DTDs and entities are not read' });
  }
  readable = new Map(Object.entries(files).map(([name, text]) => [fileOf(name), Buffer.from(text)]));
  try {
    const document = XmlDocument.fromString(files[main ?? ''] ?? '', { url: fileOf(main ?? '') });
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
