/** Tells clients that send little from those that send much, so that a crowd of the one does not delay the other. */
export interface LightClients {
  /** Takes one from the client's allowance; false when it is used up, and the client counts as heavy for this one. */
  readonly take: (clientId: string) => boolean;
}

interface Bucket {
  left: number;
  atMs: number;
}

/** What a client may send before it counts as heavy: a burst of 100, then 50 per second. */
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
        bucket = { left: BURST, atMs: now };
        buckets.set(clientId, bucket);
      }
      bucket.left = Math.min(BURST, bucket.left + ((now - bucket.atMs) * PER_SECOND) / 1_000);
      bucket.atMs = now;
      if (bucket.left < 1) return false;
      bucket.left -= 1;
      return true;
    },
  };
}
