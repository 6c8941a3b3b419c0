import { Bench, OverTime, type Errand } from './bench.ts';
import type { NamedType, Paper, TypeProblem, Verdict } from './document-type.ts';
import type { Order } from './thread.ts';

export interface JudgesOptions {
  /** Threads; each holds about 40 MB once it has compiled its types. */
  readonly threads?: number;
  /** How long a document may take; one that takes longer is given a second chance, alone, and then refused. */
  readonly limitMs?: number;
  readonly secondLimitMs?: number;
}

/** Judges documents of strangers in threads of their own that are killed when they take too long. */
export interface Judges {
  /** @throws Error where the trouble is ours: no verdict is one. */
  readonly judge: (paper: Paper, types: readonly NamedType[]) => Promise<Verdict>;
  /** What is wrong with a type; empty: nothing. */
  readonly check: (named: NamedType) => Promise<readonly TypeProblem[]>;
  readonly close: () => Promise<void>;
}

/**
 * Two benches: what takes longer than `limitMs` goes to the slow one and tries again there, so a hostile document (or a
 * type whose pattern is catastrophic) takes nobody's place but that of its like.
 */
export function createJudges({ threads = 1, limitMs = 2_000, secondLimitMs = 8_000 }: JudgesOptions = {}): Judges {
  const fast = new Bench(threads);
  const slow = new Bench(1);
  const keys = new WeakMap<object, readonly [number, NamedType]>();
  let last = 0;
  const keyOf = (named: NamedType): readonly [number, NamedType] => {
    // By the definition itself: the same object as long as nothing was defined anew.
    const known = keys.get(named.type);
    if (known && known[1].version === named.version && known[1].name === named.name) return known;
    const made = [(last += 1), named] as const;
    keys.set(named.type, made);
    return made;
  };
  const twice = async (order: Errand['order']): Promise<unknown> => {
    try {
      return await fast.ask(order, limitMs);
    } catch (error) {
      if (!(error instanceof OverTime)) throw error;
      return await slow.ask(order, secondLimitMs);
    }
  };
  return {
    judge: async (paper, types) => {
      const keyed = types.map(keyOf);
      const order = (known: Set<number>): Order => {
        const news = keyed.filter(([key]) => !known.has(key));
        const now = keyed.map(([key]) => key);
        known.clear();
        for (const key of now) known.add(key);
        // Copied: a view of a larger buffer would take all of that along.
        return { what: 'judge', paper: { ...paper, bytes: new Uint8Array(paper.bytes) }, types: now, news };
      };
      try {
        // What the thread answers to `judge`.
        return (await twice(order)) as Verdict;
      } catch (error) {
        if (!(error instanceof OverTime)) throw error;
        const detail =
          error.message === 'memory'
            ? 'judging it needs more memory than a document may'
            : `judging it takes more than ${secondLimitMs / 1_000} s`;
        return { violations: [{ detail }] };
      }
    },
    check: async (named) => {
      try {
        // What the thread answers to `check`.
        return (await slow.ask(() => ({ what: 'check', named }), secondLimitMs)) as readonly TypeProblem[];
      } catch (error) {
        if (!(error instanceof OverTime)) throw error;
        return [
          { pointer: '', detail: `making it ready takes more than ${secondLimitMs / 1_000} s or too much memory` },
        ];
      }
    },
    close: async () => void (await Promise.all([fast.close(), slow.close()])),
  };
}
