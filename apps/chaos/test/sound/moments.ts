import type { Ledger } from '../../src/ledger.ts';

const START = Date.parse('2026-01-01T00:00:00.000Z');
/** So many ms into the sound campaign. */
export const at = (ms: number): number => START + ms;
export const iso = (ms: number): string => new Date(at(ms)).toISOString();

type Loose<T> = { -readonly [K in keyof T]: T[K] };
/** A ledger that tests may scribble in. */
export type Draft = { -readonly [K in keyof Ledger]: Ledger[K] extends readonly (infer T)[] ? Loose<T>[] : Ledger[K] };
