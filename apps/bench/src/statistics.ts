/** The value below which this share (0 to 1) of the values lies; NaN for none. */
export function quantile(values: readonly number[], share: number): number {
  if (values.length === 0) return NaN;
  const sorted = [...values].sort((a, b) => a - b);
  return sorted[Math.min(sorted.length - 1, Math.floor(share * sorted.length))] ?? NaN;
}

export const median = (values: readonly number[]): number => quantile(values, 0.5);

/** Numbers in [0, 1) that are the same for the same seed (mulberry32). */
export function randomFrom(seed: number): () => number {
  let state = seed | 0;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296;
  };
}

/** Arrival times in ms from the start, fixed beforehand: a Poisson stream of this mean rate. */
export function arrivals(count: number, perSecond: number, seed: number): Float64Array {
  const random = randomFrom(seed);
  const times = new Float64Array(count);
  let at = 0;
  for (let n = 0; n < count; n += 1) {
    at += (-Math.log(1 - random()) * 1_000) / perSecond;
    times[n] = at;
  }
  return times;
}

/** One clock for all processes of this machine, in ms. */
export function nowMs(): number {
  return Number(process.hrtime.bigint()) / 1e6;
}
