/** Tells clients that send little from those that send much, so that a crowd of the one does not delay the other. */
export interface LightClients {
  /** Takes one from the client's allowance; false when it is used up: the client is heavy until it has all of it again. */
  readonly take: (clientId: string) => boolean;
}

interface Bucket {
  left: number;
  atMs: number;
  isHeavy: boolean;
}

/**
 * What a client may send before it counts as heavy: a burst of 100, and 50 per second. A crowd is one as a whole: its fifty a
 * second would go before its own others, and hold the crowds of others up.
 */
const BURST = 100;
const PER_SECOND = 50;
const MOST_CLIENTS = 10_000;

export function createLightClients(nowMs: () => number = () => performance.now()): LightClients {
  const buckets = new Map<string, Bucket>();
  return {
    take(clientId) {
      const now = nowMs();
      let bucket = buckets.get(clientId);
      if (!bucket) {
        // Forgetting makes everybody light for a moment: harmless, and the memory stays bounded.
        if (buckets.size >= MOST_CLIENTS) buckets.clear();
        bucket = { left: BURST, atMs: now, isHeavy: false };
        buckets.set(clientId, bucket);
      }
      bucket.left = Math.min(BURST, bucket.left + ((now - bucket.atMs) * PER_SECOND) / 1_000);
      bucket.atMs = now;
      if (bucket.left < 1) bucket.isHeavy = true;
      else if (bucket.left === BURST) bucket.isHeavy = false;
      bucket.left = Math.max(0, bucket.left - 1);
      return !bucket.isHeavy;
    },
  };
}
