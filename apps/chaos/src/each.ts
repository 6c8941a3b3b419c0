const AT_ONCE = 16;

/** Works on all of them, 16 at a time; results in their order. */
export async function each<T, R>(of: readonly T[], work: (one: T) => Promise<R>): Promise<R[]> {
  const results: R[] = [];
  let next = 0;
  const slot = async (): Promise<void> => {
    while (next < of.length) {
      const at = next;
      next += 1;
      const one = of[at];
      if (one !== undefined) results[at] = await work(one);
    }
  };
  await Promise.all(Array.from({ length: AT_ONCE }, slot));
  return results;
}
