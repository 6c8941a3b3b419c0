import type { Log } from '@countersign/process';

const EVERY_MS = 5_000;

/**
 * A warning at most every 5 s, which says how many it stands for: a Redis that is away or full fails a worker a thousand
 * times a second, and whoever is woken at night must still find the line that matters.
 */
export function rareWarning(log: Pick<Log, 'warn'>, message: string, facts: object = {}): (err: unknown) => void {
  let lastMs = -Infinity;
  let unsaid = 0;
  return (err) => {
    unsaid += 1;
    if (performance.now() - lastMs < EVERY_MS) return;
    log.warn({ ...told(err), ...facts, times: unsaid }, message);
    lastMs = performance.now();
    unsaid = 0;
  };
}

/** Of a connection that could not be made or was lost, one line is all there is to say; the stack is Node's. */
function told(err: unknown): object {
  return err instanceof Error && 'syscall' in err ? { reason: err.message } : { err };
}
