const MOST_ROWS = 500;
const FLUSHES = 3;

/** Collects rows while flushes are under way; at once when none is. Resolves when the row's flush has. */
export function batched<Row>(flush: (rows: readonly Row[]) => Promise<void>): (row: Row) => Promise<void> {
  let waiting: { row: Row; done: () => void; failed: (error: unknown) => void }[] = [];
  let flying = 0;
  const next = (): void => {
    if (flying === FLUSHES || waiting.length === 0) return;
    const taken = waiting.slice(0, MOST_ROWS);
    waiting = waiting.slice(MOST_ROWS);
    flying += 1;
    void flush(taken.map(({ row }) => row))
      .then(
        () => taken.forEach(({ done }) => done()),
        (error: unknown) => taken.forEach(({ failed }) => failed(error)),
      )
      .finally(() => {
        flying -= 1;
        next();
      });
  };
  return (row) =>
    new Promise((done, failed) => {
      waiting.push({ row, done, failed });
      // After this turn of the loop, so that what arrives together goes together.
      if (waiting.length === 1) setImmediate(next);
    });
}
