import type { Definition, Json } from '@countersign/flow';

/** A definition with its origin. */
export interface KeptDefinition extends Definition {
  readonly createdBy: string;
  /** Milliseconds (Unix epoch). */
  readonly createdAt: number;
}

export interface NewDefinition {
  readonly kind: string;
  readonly name: string;
  readonly body: Json;
  readonly actor: string;
  /** The version of a definition of that name that the code itself brings; ours go on from there. */
  readonly after?: number;
}

/** What administrators define for a kind while everything runs: versions of names, never changed, never deleted. */
export interface Definitions {
  /** The next version; the newest unchanged where its body is the same JSON text. */
  readonly put: (made: NewDefinition) => Promise<{ readonly version: number; readonly isNew: boolean }>;
  /** The newest version of each name. */
  readonly list: (kind: string) => Promise<readonly KeptDefinition[]>;
  /** One version; the newest unless told. */
  readonly get: (kind: string, name: string, version?: number) => Promise<KeptDefinition | undefined>;
}
