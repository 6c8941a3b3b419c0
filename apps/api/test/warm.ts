import type { Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';

/** Longer than a busy machine stands still. */
export const LONG_MS = 20_000;

/**
 * Every connection there will be is opened here: a store that cannot be connected to within a second is away, and that is said
 * by 503. A machine that stands still for so long while a test is at it is no finding.
 */
export async function warm(store: Store, producer: Producer): Promise<true> {
  const many = async (times: number, ask: () => Promise<unknown>): Promise<unknown> =>
    await Promise.all(Array.from({ length: times }, ask));
  await Promise.all([many(6, store.ping), many(3, store.clients.list), producer.ping()]);
  return true;
}
