import { Ajv2020, type ErrorObject } from 'ajv/dist/2020.js';
import formats from 'ajv-formats';
import { MOST_VIOLATIONS, type JsonValue, type TypeProblem, type Violation } from './document-type.ts';
import { isMisspelt } from './misspelt.ts';
import { takeApart } from './schema-parts.ts';

/** JSON Schema 2020-12 made ready; `note` is told what is wrong with it. */
export function compileSchema(
  schema: JsonValue,
  note: (problem: TypeProblem) => void,
): ((document: JsonValue) => Violation[]) | undefined {
  const doubts: string[] = [];
  // `ownProperties`: a receipt has no `constructor` because every object has one.
  const style = { strictTypes: false, strictTuples: false, strictRequired: false, ownProperties: true } as const;
  const logger = { log: () => undefined, error: () => undefined, warn: (said: string) => void doubts.push(said) };
  const ajv = new Ajv2020({ strict: true, strictSchema: 'log', ...style, allErrors: true, logger, code: { regExp } });
  // CommonJS: the plugin is its default export's default.
  (formats as unknown as (ajv: Ajv2020) => void)(ajv);
  // Of the standard's core, understood, and missing from Ajv's list of keywords.
  ajv.addVocabulary(['$anchor']);
  for (const format of UNCHECKED) ajv.addFormat(format, true);
  const known = Object.keys(ajv.formats);
  try {
    if (textsUnder(schema, '$dynamicRef').size > 0) throw new Error('$dynamicRef is not supported: use $ref');
    for (const format of textsUnder(schema, 'format')) {
      if (known.includes(format)) continue;
      const meant = isMisspelt(format, known);
      if (meant !== undefined) throw new Error(`unknown format "${format}": is ${meant} meant?`);
      // A format nobody knows says something to people only (JSON Schema Validation, section 7.2.3).
      ajv.addFormat(format, true);
    }
    const { rest, parts } = takeApart(schema);
    // Ajv judges each by its meta-schema itself.
    for (const part of parts.values()) ajv.addSchema(part as object);
    const validate = ajv.compile(rest as object | boolean);
    const wrong = doubts.flatMap((said) => wrongIn(said, Object.keys(ajv.RULES.keywords)));
    if (wrong[0] !== undefined) {
      note({ pointer: '/schema', detail: wrong[0] });
      return undefined;
    }
    return (document) => (validate(document) ? [] : violationsOf(validate.errors ?? []));
  } catch (error) {
    note({ pointer: '/schema', detail: error instanceof Error ? error.message.slice(0, 500) : 'cannot be read' });
    return undefined;
  }
}

/** With Unicode where it can be read so, as the standard asks; many schemas escape what then must not be escaped (`\\-`). */
const regExp = Object.assign(
  (pattern: string, flags: string): RegExp => {
    try {
      return new RegExp(pattern, flags);
    } catch {
      return new RegExp(pattern);
    }
  },
  { code: 'new RegExp' },
);

/** Of the standard, and not checked by ajv-formats. */
const UNCHECKED = ['idn-email', 'idn-hostname', 'iri', 'iri-reference'];

/** Keywords nobody knows are notes of its author, unless they look like one that was meant: `requird`. */
function wrongIn(said: string, keywords: readonly string[]): string[] {
  const unknown = /^strict mode: unknown keyword: "(.*)"$/.exec(said)?.[1];
  const meant = unknown === undefined ? undefined : isMisspelt(unknown, keywords);
  return meant === undefined ? [] : [`unknown keyword "${unknown?.slice(0, 100)}": is ${meant} meant?`];
}

/** Every text under this key: those in examples among them do no harm. */
function textsUnder(schema: JsonValue, name: string): Set<string> {
  const found = new Set<string>();
  const stack: JsonValue[] = [schema];
  for (let value = stack.pop(); value !== undefined; value = stack.pop()) {
    if (typeof value !== 'object' || value === null) continue;
    for (const [key, inner] of Object.entries(value)) {
      if (key === name && typeof inner === 'string') found.add(inner);
      else stack.push(inner);
    }
  }
  return found;
}

/** Of a choice between constants each refuses for itself: to people that is one thing that is wrong. */
function violationsOf(errors: readonly ErrorObject[]): Violation[] {
  const constants = new Map<string, unknown[]>();
  for (const { keyword, instancePath, params } of errors) {
    if (keyword === 'const')
      constants.set(instancePath, [...(constants.get(instancePath) ?? []), params['allowedValue']]);
  }
  const told = new Set<string>();
  const found: Violation[] = [];
  for (const error of errors) {
    if (found.length === MOST_VIOLATIONS) break;
    const choice = error.keyword === 'const' ? (constants.get(error.instancePath) ?? []) : [];
    if (choice.length < 2) found.push(violationOf(error));
    else if (!told.has(error.instancePath)) {
      told.add(error.instancePath);
      found.push({ pointer: error.instancePath, detail: `must be one of ${JSON.stringify(choice).slice(0, 200)}` });
    }
  }
  return found;
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
