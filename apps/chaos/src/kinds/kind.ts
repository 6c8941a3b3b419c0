import type { KindName, Op, Page } from '../ledger.ts';

/**
 * What an end may be, seen from the client. `by the books`: the third party's books decide, and whoever asks is told. `by a webhook`:
 * asking tells nothing, one webhook does. `maybe never`: stuck for ever, or an end that only a person can give. `either`: they
 * contradict themselves, but an end there is.
 */
export type Ends = 'by the books' | 'by a webhook' | 'maybe never' | 'either';

export interface Fate {
  /** How often it is drawn, within its kind. */
  readonly weight: number;
  readonly ends: Ends;
}

/** The op's own body, another one under the same name, or its own under another idempotency key. */
export type Which = 'own' | 'other' | 'rekeyed';

/** One POST of a client. */
export interface Sent {
  readonly headers: Readonly<Record<string, string>>;
  readonly body: string;
}

/** One kind of submission: what clients send of it, and how its end is judged by its third parties' books. */
export interface LoadKind {
  readonly name: KindName;
  /** Its place in URLs: `transactions`. */
  readonly path: string;
  /** Its share of the load. */
  readonly weight: number;
  /** The first is the ordinary one: what canaries and clients in a hurry get. */
  readonly fates: Readonly<Record<string, Fate>>;
  /** It is read by the client's own id; else by ours. */
  readonly isNamed: boolean;
  /** What another body under the same id is answered. */
  readonly reuse: 409 | 422;
  amount(n: number): string;
  /** `callbackUrl` undefined: it has no letterbox. */
  request(op: Op, which: Which, callbackUrl: string | undefined): Sent;
  /** The op's id in what a resource or a result shows as its `request`. */
  idIn(request: Record<string, unknown>): unknown;
  /** The same in what was sent, for a kind whose resources show none. */
  readonly idInDocument?: (document: string) => string | undefined;
  /** What is wrong with such an end; undefined: nothing. `pages`: of this op, at all its third parties. */
  wrong(op: Op, end: End, pages: readonly Page[]): string | undefined;
}

export interface End {
  readonly state: string;
  readonly code: string | null;
}

/** A submission whose body is JSON, with the client's letterbox in it. */
export function jsonOf(body: object, callbackUrl: string | undefined, headers: Sent['headers'] = {}): Sent {
  return { headers, body: JSON.stringify({ ...body, ...(callbackUrl === undefined ? {} : { callbackUrl }) }) };
}

/** What the client has named itself needs no idempotency key; one that is another each time must not make it another submission. */
export function anotherKey(op: Op, which: Which): Sent['headers'] {
  return which === 'rekeyed' ? { 'idempotency-key': `another-key-${op.n}` } : {};
}

export function anyOf(fates: readonly string[], weight: number, ends: Ends): Record<string, Fate> {
  return Object.fromEntries(fates.map((fate) => [fate, { weight, ends }]));
}
