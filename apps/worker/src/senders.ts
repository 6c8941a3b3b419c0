import type { Closers, Log } from '@countersign/process';
import { StoreAway, type Store } from '@countersign/store';
import { createRounds } from './rounds.ts';
import type { Pool } from './sandbox-pool/pool.ts';

/** A new client is heard of by then. */
const EVERY_MS = 2_000;

interface Heard {
  readonly store: { readonly clients: Pick<Store['clients'], 'senders'> };
  readonly pool: Pick<Pool, 'senders'>;
  readonly log: Log;
  readonly closers: Closers;
}

/** Tells the sandboxes of every worker who may send: where there is one client, its crowd has nobody to give way to. */
export async function keepTellingSenders({ store, pool, log, closers }: Heard): Promise<void> {
  const round = async (): Promise<boolean> => {
    try {
      pool.senders(await store.clients.senders());
    } catch (error) {
      // What they heard last still holds; at a start nobody is taken for alone.
      if (!(error instanceof StoreAway)) throw error;
    }
    return false;
  };
  await closers.open(
    'senders',
    () => createRounds('senders', { everyMs: EVERY_MS, leads: () => true, round, log }),
    (opened) => opened.close(),
  );
}
