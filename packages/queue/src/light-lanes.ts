/** CLIENT LIST costs Redis about 1 µs a connection: not for every submission. */
const LOOK_EVERY_MS = 2_000;
/** What was true so long ago is not known any more. */
const KNOWN_FOR_MS = 10_000;

/**
 * Whether somebody serves the light clients' queues. In a deploy in which the API is newer than every worker nobody does, and what
 * lay there would wait for the sweep (15 s). Asking never waits: it answers by the last look, and looks again when that is old.
 * @param look true when workers wait at every one of them.
 */
export function createLightLanes(isThere: () => boolean, look: () => Promise<boolean>) {
  let served = false;
  let lookedMs = -Infinity;
  let looking = false;

  const lookAgain = async (): Promise<void> => {
    looking = true;
    served = await look().catch(() => false);
    lookedMs = performance.now();
    looking = false;
  };
  return {
    /** Whether they are served, as known for 2 s, or 10 where nobody asked meanwhile; false when nothing is known. */
    served(): boolean {
      if (!isThere()) return false;
      const oldMs = performance.now() - lookedMs;
      if (!looking && oldMs > LOOK_EVERY_MS) void lookAgain();
      return served && oldMs < KNOWN_FOR_MS;
    },
  };
}
