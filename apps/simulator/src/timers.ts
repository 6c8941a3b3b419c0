/** Delays that can be made shorter all together (`scale`), and forgotten all together. */
export interface Timers {
  /** Runs `act` after `ms * scale`; at once and synchronously for 0. `Infinity` never runs. */
  after(ms: number, act: () => void): void;
  /** Resolves after `ms * scale`. Never resolves when the timers are cleared before. */
  pause(ms: number): Promise<void>;
  /** `ms` in this town's time. */
  scaled(ms: number): number;
  clear(): void;
  /** Passes on a promise of work (a webhook on its way); until it settles the town is not idle. */
  during<T>(work: Promise<T>): Promise<T>;
  /** No delay runs and no work is under way: nothing more happens by itself. */
  isIdle(): boolean;
}

/** @param scale 1 is real time; 0.001 plays the original's 120 s in 120 ms. */
export function createTimers(scale: number): Timers {
  const waiting = new Set<NodeJS.Timeout>();
  let works = 0;
  const after = (ms: number, act: () => void): void => {
    if (ms === Infinity) return;
    if (ms <= 0) return act();
    const timer = setTimeout(() => {
      waiting.delete(timer);
      act();
    }, ms * scale);
    waiting.add(timer);
  };
  return {
    after,
    pause: (ms) => new Promise((resolve) => after(ms, resolve)),
    scaled: (ms) => ms * scale,
    clear() {
      for (const timer of waiting) clearTimeout(timer);
      waiting.clear();
    },
    during(work) {
      works += 1;
      return work.finally(() => (works -= 1));
    },
    isIdle: () => waiting.size === 0 && works === 0,
  };
}
