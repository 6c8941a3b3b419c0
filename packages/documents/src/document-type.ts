/** JSON values, as a type of a document is given by. */
export type JsonValue = string | number | boolean | null | readonly JsonValue[] | { readonly [key: string]: JsonValue };

/** What is known of a type of document: how it is recognised and what must hold. */
export interface DocumentType {
  readonly format: 'json' | 'xml';
  readonly match?: JsonMatch | XmlMatch;
  /** JSON Schema 2020-12. */
  readonly schema?: JsonValue;
  /** XSD 1.0: one file, or several by name, the first of which includes or imports the others. */
  readonly xsd?: string | { readonly [file: string]: string };
  /** What a schema cannot say. */
  readonly rules?: readonly (string | Rule)[];
}

/** A JSON document that has this value there. `equals` left out: any value. */
export interface JsonMatch {
  readonly pointer: string;
  readonly equals?: JsonValue;
}

/** An XML document with this root; `child`: that has a child of the root whose text begins so (narrower, so it goes first). */
export interface XmlMatch {
  readonly root: string;
  /** Absent or empty: no namespace. */
  readonly namespace?: string | null;
  readonly child?: { readonly name: string; readonly startsWith: string };
}

/** A CEL expression over `document` that must be true. */
export interface Rule {
  readonly id?: string;
  readonly expression: string;
  /** What to tell the sender where it is not true. */
  readonly message?: string;
}

/** A type with its name and the version a document was judged by. */
export interface NamedType {
  readonly name: string;
  readonly version: number;
  readonly type: DocumentType;
}

/** One thing that is wrong. Lines and columns count from 1. */
export interface Violation {
  readonly detail: string;
  readonly pointer?: string;
  readonly line?: number;
  readonly column?: number;
  readonly rule?: string;
}

/** A document as it came. */
export interface Paper {
  readonly bytes: Uint8Array;
  readonly contentType: string;
  /** The name of its type, where the sender gave one. */
  readonly wanted?: string;
}

export interface Verdict {
  /** The type it was judged by; absent: none was found. */
  readonly type?: { readonly name: string; readonly version: number };
  /** Empty: the document is valid. */
  readonly violations: readonly Violation[];
}

/** What is wrong with a type itself: `pointer` into its definition. */
export interface TypeProblem {
  readonly pointer: string;
  readonly detail: string;
}

/** Enough to mend a document by; a million wrong lines get no answer of a million lines. */
export const MOST_VIOLATIONS = 50;

/** Thrown where a document cannot be read any further. */
export class Unreadable extends Error {
  readonly violation: Violation;
  constructor(violation: Violation) {
    super(violation.detail);
    this.violation = violation;
  }
}
