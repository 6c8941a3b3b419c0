import type { Log } from './log.ts';

type Step = { readonly name: string; readonly deadlineMs: number; readonly close: () => unknown };

/** What a process has opened, in order; it closes in reverse, each with a deadline of its own. */
export interface Closers {
  /** Opens something and remembers how it closes. When opening fails, what is already open is closed and the error thrown on. */
  open<T>(name: string, open: () => T | Promise<T>, close: (opened: T) => unknown, deadlineMs?: number): Promise<T>;
  /** Closes everything once, in reverse; goes on past whatever fails or is late. Returns the names of those. */
  closeAll(): Promise<readonly string[]>;
}

export function createClosers(log: Pick<Log, 'warn'>): Closers {
  const steps: Step[] = [];
  let closing: Promise<readonly string[]> | undefined;
  const closeAll = () => (closing ??= closeInReverse(steps, log));
  return {
    closeAll,
    async open(name, open, close, deadlineMs = 5_000) {
      try {
        const opened = await open();
        steps.push({ name, deadlineMs, close: () => close(opened) });
        return opened;
      } catch (error) {
        await closeAll();
        throw error;
      }
    },
  };
}

async function closeInReverse(steps: readonly Step[], log: Pick<Log, 'warn'>): Promise<readonly string[]> {
  const trouble: string[] = [];
  for (const step of steps.toReversed()) {
    try {
      await withDeadline(step.deadlineMs, async () => step.close());
    } catch (err) {
      trouble.push(step.name);
      log.warn({ err, closing: step.name }, 'did not close in order');
    }
  }
  return trouble;
}

/**
 * Rejects when `work` takes longer; the work itself goes on, so give up what it holds afterwards. Time in which this process itself
 * stood still is given back: after it timers come before answers, and what had been answered would be called late.
 */
export async function withDeadline<T>(deadlineMs: number, work: () => Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const dueMs = performance.now() + deadlineMs;
  const late = new Promise<never>((_, reject) => {
    const giveUp = (): void => void setImmediate(() => reject(new Error(`not done within ${deadlineMs} ms`)));
    timer = setTimeout(() => {
      timer = setTimeout(giveUp, Math.min(deadlineMs, Math.max(0, performance.now() - dueMs)));
    }, deadlineMs);
  });
  try {
    return await Promise.race([work(), late]);
  } finally {
    clearTimeout(timer);
  }
}
