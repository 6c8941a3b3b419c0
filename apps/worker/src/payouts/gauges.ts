import type { X509Certificate } from 'node:crypto';
import type { Metrics } from '@countersign/process';
import type { Store } from '@countersign/store';
import type { PayoutRooms } from './payouts.ts';

interface Seen {
  readonly store: Pick<Store, 'payouts'>;
  readonly rooms: PayoutRooms;
  readonly certificate: X509Certificate | undefined;
}

/** What an operator of payouts watches; no identifiers. */
export function addPayoutGauges(metrics: Metrics, { store, rooms, certificate }: Seen): void {
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    metrics.gauge(name, help, [], async (one) => {
      // Away is shown by other gauges; a scrape must not fail for it.
      one.set(await Promise.resolve(value()).catch(() => Number.NaN));
    });
  };
  gauge('countersign_payouts_ready', '1: this replica may send payouts; 0: a check of its readiness fails', () =>
    rooms.readiness.isReady() ? 1 : 0,
  );
  gauge('countersign_payouts_shards_held', 'Shards this replica holds', () => rooms.held());
  gauge('countersign_payouts_waiting', 'Payouts in no file yet', async () => (await store.payouts.counts()).waiting);
  gauge(
    'countersign_payouts_files_frozen',
    'Files the bank has not taken yet',
    async () => (await store.payouts.counts()).frozen,
  );
  gauge('countersign_payouts_oldest_file_seconds', 'Age of the oldest file the bank has not taken', async () => {
    return (await store.payouts.counts()).oldestFrozenMs / 1000;
  });
  gauge('countersign_payouts_messages_parked', 'Messages of the bank that speak of nothing we know', async () => {
    return (await store.payouts.counts()).parkedMessages;
  });
  if (certificate) {
    gauge('countersign_payouts_certificate_seconds', "Seconds until the bank's client certificate ends", () => {
      return (Date.parse(certificate.validTo) - Date.now()) / 1000;
    });
  }
}
