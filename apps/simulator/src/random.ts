/** Numbers in [0, 1) that are the same for the same seed. */
export type Random = () => number;

/**
 * The n-th drawer of a seed. Each POST gets its own, by its ordinal, so that how many of 1,000 submissions meet which
 * fate depends on the seed alone and not on how their later draws interleave. (FNV-1a into mulberry32.)
 */
export function createRandom(seed: string, ordinal: number): Random {
  let state = 0x811c9dc5;
  for (const char of `${seed}:${ordinal}`) state = Math.imul(state ^ char.charCodeAt(0), 0x01000193);
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Evenly between `low` and `high`. */
export function between(random: Random, low: number, high: number): number {
  return low + random() * (high - low);
}

/** One name, by weight. Weights need not sum to one; the first name wins when all are 0. */
export function pick<Name extends string>(random: Random, weights: readonly (readonly [Name, number])[]): Name {
  const total = weights.reduce((sum, [, weight]) => sum + weight, 0);
  let left = random() * total;
  for (const [name, weight] of weights) {
    left -= weight;
    if (left < 0) return name;
  }
  const first = weights[0];
  if (!first) throw new Error('pick: no weights given');
  return first[0];
}
