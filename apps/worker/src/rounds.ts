import { setTimeout as sleep } from 'node:timers/promises';
import type { Log } from '@countersign/process';

/** Does `round` over and over while `leads()`; it returns whether there is more to do at once. Closing waits for the round under way. */
export function createRounds(
  name: string,
  { everyMs, leads, round, log }: { everyMs: number; leads: () => boolean; round: () => Promise<boolean>; log: Log },
): { close(): Promise<void> } {
  const closing = new AbortController();
  const loop = async (): Promise<void> => {
    while (!closing.signal.aborted) {
      let more = false;
      try {
        more = leads() && (await round());
      } catch (err) {
        log.warn({ err, round: name }, 'a round failed; the next one tries again');
      }
      if (!more) await sleep(everyMs, undefined, { signal: closing.signal }).catch(() => undefined);
    }
  };
  const ended = loop();
  return {
    async close() {
      closing.abort();
      await ended;
    },
  };
}
