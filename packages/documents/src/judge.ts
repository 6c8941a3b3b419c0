import type { XmlDocument } from 'libxml2-wasm';
import { compile, type Compiled } from './compile.ts';
import {
  Unreadable,
  type JsonMatch,
  type JsonValue,
  type NamedType,
  type Paper,
  type Verdict,
  type XmlMatch,
} from './document-type.ts';
import { matchesJson, readJson } from './json-document.ts';
import { isJsonType } from './text.ts';
import { matchesXml, readXml } from './xml-document.ts';

/** Judges one document by the types given. Where several fit, one that asks for a child of the root goes first, then the order given. */
export function judge(paper: Paper, types: readonly NamedType[], compiledOf: (type: NamedType) => Compiled): Verdict {
  try {
    return isJsonType(paper.contentType) ? judgeJson(paper, types, compiledOf) : judgeXml(paper, types, compiledOf);
  } catch (error) {
    if (error instanceof Unreadable) return { violations: [error.violation] };
    // The only other thing a document can bring about here: recursion in its type that it drives too deep.
    if (error instanceof RangeError) return { violations: [{ detail: 'it is nested too deeply for its type' }] };
    throw error;
  }
}

type CompiledOf = (type: NamedType) => Compiled;

function judgeJson(paper: Paper, types: readonly NamedType[], compiledOf: CompiledOf): Verdict {
  const document = readJson(paper.bytes);
  const chosen = choose(
    paper,
    types,
    'json',
    (match) => 'pointer' in match && matchesJson(document, match),
    whatItIs(document),
  );
  if ('violations' in chosen) return chosen;
  return { type: nameOf(chosen), violations: compiledOf(chosen).json?.(document) ?? [] };
}

function judgeXml(paper: Paper, types: readonly NamedType[], compiledOf: CompiledOf): Verdict {
  const document = readXml(paper.bytes, paper.contentType);
  try {
    const chosen = choose(
      paper,
      types,
      'xml',
      (match) => 'root' in match && matchesXml(document, match),
      rootOf(document),
    );
    if ('violations' in chosen) return chosen;
    return { type: nameOf(chosen), violations: compiledOf(chosen).xml?.(document) ?? [] };
  } finally {
    document.dispose();
  }
}

function choose(
  { wanted }: Paper,
  types: readonly NamedType[],
  format: 'json' | 'xml',
  matches: (match: JsonMatch | XmlMatch) => boolean,
  seen: string,
): NamedType | Verdict {
  if (wanted !== undefined) {
    const named = types.find(({ name }) => name === wanted);
    if (!named)
      return { violations: [{ detail: `Receipt-Type ${wanted} is not registered; there ${knownOf(types)}` }] };
    if (named.type.format === format) return named;
    return {
      type: nameOf(named),
      violations: [
        {
          detail: `the type ${wanted} is ${named.type.format.toUpperCase()}, the document was sent as ${format.toUpperCase()}`,
        },
      ],
    };
  }
  const fitting = types.filter(({ type }) => type.format === format && type.match !== undefined && matches(type.match));
  const narrow = fitting.find(({ type }) => type.match && 'child' in type.match && type.match.child !== undefined);
  return (
    narrow ?? fitting[0] ?? { violations: [{ detail: `no registered type fits: ${seen}; there ${knownOf(types)}` }] }
  );
}

function knownOf(types: readonly NamedType[]): string {
  return types.length === 0
    ? 'are none'
    : `are ${types
        .slice(0, 20)
        .map(({ name }) => name)
        .join(', ')}`;
}

function nameOf({ name, version }: NamedType): { name: string; version: number } {
  return { name, version };
}

function rootOf({ root }: XmlDocument): string {
  return `its root is ${root.name.slice(0, 100)} ${root.namespaceUri === '' ? 'in no namespace' : `in ${root.namespaceUri.slice(0, 200)}`}`;
}

function whatItIs(document: JsonValue): string {
  const keys = typeof document === 'object' && document !== null ? Object.keys(document) : [];
  return `it is JSON with ${keys.length === 0 ? 'no properties' : keys.slice(0, 10).join(', ').slice(0, 200)}`;
}

/**
 * Makes types ready once and keeps them; `note` hears when that begins and ends. A type that was accepted and cannot be
 * compiled now is our own trouble.
 */
export function createCompiledOf(note: (compiling: boolean) => void): CompiledOf {
  const ready = new WeakMap<NamedType, Compiled>();
  return (named) => {
    const known = ready.get(named);
    if (known) return known;
    note(true);
    const compiled = compile(named.type);
    note(false);
    if (!isCompiled(compiled))
      throw new Error(`type ${named.name} ${named.version}: ${compiled[0]?.pointer} ${compiled[0]?.detail}`);
    ready.set(named, compiled);
    return compiled;
  };
}

export function isCompiled(compiled: ReturnType<typeof compile>): compiled is Compiled {
  return !Array.isArray(compiled);
}
