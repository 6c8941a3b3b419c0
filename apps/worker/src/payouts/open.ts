import type { Closers, Log, Metrics, ProviderSettings } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';
import { assertValid, openBankWay } from './bank-way.ts';
import { assertDebtor, debtorOf } from './debtor.ts';
import { addPayoutGauges } from './gauges.ts';
import { openPayouts } from './payouts.ts';
import { payoutSettings, type PayoutNumbers } from './settings.ts';

interface Doors {
  readonly own: PayoutNumbers & { readonly REDIS_URL: string };
  /** The bank's; undefined where this worker is given none. */
  readonly bank: ProviderSettings | undefined;
  readonly store: Store;
  readonly producer: Pick<Producer, 'remind' | 'ping'>;
  readonly log: Log;
  readonly closers: Closers;
  readonly metrics: Metrics;
}

/** After a call was given up: its outcome is written down, the shards are released. */
const RELEASE_WITHIN_MS = 2_000;

/** Opens the payouts' loops where the bank has an address; without one, payouts wait in their queue. */
export async function openPayoutRooms({ own, bank, store, producer, log, closers, metrics }: Doors): Promise<void> {
  if (bank?.url === undefined) return;
  const { url, debtor, poll } = bank;
  const { calls, certificate } = await openBankWay({ ...bank, url }, own.REDIS_URL, closers);
  const checks = {
    configuration: async () => assertDebtor(debtor),
    postgres: () => store.ping(),
    redis: () => producer.ping(),
    ...(certificate ? { certificate: async () => assertValid(certificate, Date.now()) } : {}),
  };
  const office = {
    store,
    bank: calls,
    debtor: debtorOf(debtor),
    settings: payoutSettings(own, poll.maxAgeMs),
    log,
    remind: producer.remind,
  };
  const rooms = await closers.open(
    'payouts',
    () => openPayouts(office, checks),
    (opened) => opened.close(),
    office.settings.drainMs + RELEASE_WITHIN_MS,
  );
  addPayoutGauges(metrics, { store, rooms, certificate });
}
