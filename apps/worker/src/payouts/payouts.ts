import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { whileHeld, type Held } from './hold.ts';
import { MESSAGES_LEASE, SHARD_LEASES, type Office } from './office.ts';
import { readMessages } from './post-room.ts';
import { createReadiness, type Readiness } from './readiness.ts';
import { round } from './shard.ts';

export interface PayoutRooms {
  readonly readiness: Readiness;
  /** Shards in our hands. */
  readonly held: () => number;
  /** Finishes the file in flight, for `drainMs` at most, and releases what it holds. */
  readonly close: () => Promise<void>;
}

type OfficeOptions = Omit<Office, 'owner' | 'doubt'>;

/** The payouts' loops of one replica: readiness, one loop per shard, one for the bank's messages. */
export function openPayouts(
  given: OfficeOptions,
  checks: Readonly<Record<string, () => Promise<unknown>>>,
): PayoutRooms {
  const closing = new AbortController();
  const abandon = new AbortController();
  const readiness = createReadiness({ checks, office: given });
  const office: Office = { ...given, owner: randomUUID(), doubt: readiness.doubt };
  const isOpen = (): boolean => readiness.isReady() && !closing.signal.aborted;
  let holds = 0;
  const { shards, drainMs } = given.settings;
  const keepOpen = { office, isOpen, closing: closing.signal, abandon: abandon.signal };
  const loops = Array.from({ length: shards }, (_, shard) =>
    keep(keepOpen, `${SHARD_LEASES}${shard}`, async (held) => {
      holds += 1;
      try {
        while (isOpen() && held.remainingMs() > 0) {
          const more = await round(office, held, { shard, shards });
          if (!more) await pause(office.settings.idleMs, AbortSignal.any([held.signal, closing.signal]));
        }
      } finally {
        holds -= 1;
      }
    }),
  );
  loops.push(keep(keepOpen, MESSAGES_LEASE, async (held) => await readMessages(office, held, isOpen)));
  return {
    readiness,
    held: () => holds,
    close: async () => {
      closing.abort();
      // The bank may hang: its call is given up, the file stays under its key, and the next owner has the shard at once.
      const deadline = setTimeout(() => abandon.abort(), drainMs);
      await Promise.all([...loops, readiness.close()]);
      clearTimeout(deadline);
    },
  };
}

const NOT_READY_MS = 100;
const AFTER_TROUBLE_MS = 1_000;

interface Keeping {
  readonly office: Office;
  readonly isOpen: () => boolean;
  readonly closing: AbortSignal;
  readonly abandon: AbortSignal;
}

/** Holds a lease and works as long as we are ready; found taken, it is tried again after `retakeMs`. */
async function keep(
  { office, isOpen, closing, abandon }: Keeping,
  name: string,
  work: (held: Held) => Promise<void>,
): Promise<void> {
  const { store, owner, settings, log } = office;
  const { leaseMs, renewMs, retakeMs } = settings;
  while (!closing.aborted) {
    if (!isOpen()) {
      await pause(NOT_READY_MS, closing);
      continue;
    }
    try {
      const isOurs = await whileHeld({ leases: store.leases, name, owner, leaseMs, renewMs, closing, abandon }, work);
      if (!isOurs) await pause(retakeMs, closing);
    } catch (err) {
      log.warn({ err, lease: name }, 'a round of payouts failed; the next one goes on where it stood');
      await pause(Math.min(AFTER_TROUBLE_MS, settings.idleMs), closing);
    }
  }
}

async function pause(ms: number, signal: AbortSignal): Promise<void> {
  await sleep(ms, undefined, { signal }).catch(() => undefined);
}
