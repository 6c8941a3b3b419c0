/** How old a figure may be: several gauges come from one look. */
const FRESH_MS = 1_000;

/** One look for all who ask within a second; undefined while it cannot be had. */
export function fresh<T>(look: () => Promise<T>): () => Promise<T | undefined> {
  let lookedMs = -Infinity;
  let last: Promise<T | undefined> = Promise.resolve(undefined);
  return () => {
    if (performance.now() - lookedMs > FRESH_MS) {
      lookedMs = performance.now();
      last = look().catch(() => undefined);
    }
    return last;
  };
}
