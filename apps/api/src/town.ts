import type { Town } from '@countersign/kinds';
import { createCaller, isPermit, openLimits, THIRD_PARTY_MAX_BYTES } from '@countersign/outbound';
import type { ProviderSettings } from '@countersign/process';

/** Somebody waits for the answer: a permit is there soon, or there is none. */
const PATIENCE_MS = 200;

/**
 * The door's own way to third parties, for questions whose answer the caller waits for (quotes). It takes its permits from
 * the same books as the workers: a neighbour's limits are the neighbour's, whoever calls.
 */
export async function openTown(
  redisUrl: string,
  providers: Readonly<Record<string, ProviderSettings>>,
  userAgent: string,
): Promise<Town & { close(): Promise<void> }> {
  const limits = await openLimits({ redisUrl, prefix: 'countersign-limits' });
  const caller = createCaller({ userAgent, allowPrivate: true, maxBytes: THIRD_PARTY_MAX_BYTES });
  return {
    settings: (name) => settingsOf(providers[name]),
    async way({ concurrency, ratePerSecond }, name, request) {
      const given = await limits.acquire(name, { concurrency, ratePerSecond, patienceMs: PATIENCE_MS });
      if (!isPermit(given)) return { type: 'busy', forMs: given.busyForMs };
      try {
        return await caller.call(request);
      } finally {
        given.release();
      }
    },
    async close() {
      await Promise.all([limits.close(), caller.destroy()]);
    },
  };
}

function settingsOf(settings: ProviderSettings | undefined) {
  if (settings?.url === undefined) return undefined;
  const { url, apiKey, timeoutMs, retry, poll, concurrency, ratePerSecond } = settings;
  return {
    ...{ url, timeoutMs, retry, poll, concurrency },
    ...(apiKey === undefined ? {} : { apiKey }),
    ...(ratePerSecond === null ? {} : { ratePerSecond }),
  };
}
