/** Counts per key and window, shared by all replicas through Redis, without asking Redis in any request's way. */
export interface SharedCounter {
  /** Counts one and returns how many there were in this window, this one included, as far as this process knows. */
  readonly count: (key: string, windowMs: number) => number;
  readonly close: () => void;
}

/** The two Redis commands it needs, sent together; rejects when Redis is away. */
export interface CounterRedis {
  readonly addTo: (
    counts: readonly { readonly key: string; readonly by: number; readonly ttlMs: number }[],
  ) => Promise<readonly number[]>;
}

interface Count {
  readonly window: number;
  readonly windowMs: number;
  /** All replicas together, as of the last exchange; ours since then come on top. */
  shared: number;
  unsent: number;
}

/** How far replicas may lag behind each other: at 5,000/s an overshoot of 250 per further replica. */
const EXCHANGE_EVERY_MS = 50;
/** A window this process no longer counts in is forgotten at the next exchange; strangers cannot fill the memory meanwhile. */
const MOST_KEYS = 50_000;

/**
 * One INCRBY per active key and 50 ms replaces one per request, and a Redis that is away costs nothing: each replica then
 * counts by itself.
 */
export function createSharedCounter(redis: CounterRedis, nowMs: () => number = () => Date.now()): SharedCounter {
  const counts = new Map<string, Count>();
  let exchanging = false;
  const exchange = async (): Promise<void> => {
    forgetPast(counts, nowMs());
    const dirty = [...counts].filter(([, count]) => count.unsent > 0);
    if (exchanging || dirty.length === 0) return;
    exchanging = true;
    try {
      const sent = dirty.map(([key, count]) => ({
        key: `${key}:${count.window}`,
        by: count.unsent,
        ttlMs: 2 * count.windowMs,
      }));
      const totals = await redis.addTo(sent);
      dirty.forEach(([, count], at) => {
        count.unsent -= sent[at]?.by ?? 0;
        count.shared = totals[at] ?? count.shared;
      });
    } catch {
      // Redis is away: what is unsent stays counted here, and is sent when it is back.
    } finally {
      exchanging = false;
    }
  };
  const timer = setInterval(() => void exchange(), EXCHANGE_EVERY_MS).unref();
  return {
    count(key, windowMs) {
      const window = Math.floor(nowMs() / windowMs);
      let count = counts.get(key);
      if (count?.window !== window) {
        if (counts.size >= MOST_KEYS) counts.clear();
        count = { window, windowMs, shared: 0, unsent: 0 };
        counts.set(key, count);
      }
      count.unsent += 1;
      return count.shared + count.unsent;
    },
    close: () => clearInterval(timer),
  };
}

function forgetPast(counts: Map<string, Count>, now: number): void {
  for (const [key, count] of counts) {
    if (count.window < Math.floor(now / count.windowMs)) counts.delete(key);
  }
}
