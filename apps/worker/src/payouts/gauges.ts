import type { X509Certificate } from 'node:crypto';
import type { Metrics } from '@countersign/process';
import type { PayoutCounts, Store } from '@countersign/store';
import { fresh } from '../fresh.ts';
import type { PayoutRooms } from './payouts.ts';

interface Seen {
  readonly store: Pick<Store, 'payouts'>;
  readonly rooms: PayoutRooms;
  readonly certificate: X509Certificate | undefined;
}

/** What an operator of payouts watches; no identifiers. */
export function addPayoutGauges(metrics: Metrics, { store, rooms, certificate }: Seen): void {
  const gauge = (name: string, help: string, value: () => number | Promise<number>): void => {
    metrics.gauge(name, help, [], async (one) => one.set(await value()));
  };
  const counts = fresh(() => store.payouts.counts());
  const counted = (name: string, help: string, of: (counts: PayoutCounts) => number): void => {
    gauge(name, help, async () => {
      const seen = await counts();
      // PostgreSQL away is shown by other gauges; a scrape must not fail for it.
      return seen ? of(seen) : Number.NaN;
    });
  };
  gauge('countersign_payouts_ready', '1: this replica may send payouts; 0: a check of its readiness fails', () =>
    rooms.readiness.isReady() ? 1 : 0,
  );
  gauge('countersign_payouts_shards_held', 'Shards this replica holds', () => rooms.held());
  counted('countersign_payouts_waiting', 'Payouts in no file yet', ({ waiting }) => waiting);
  counted('countersign_payouts_files_frozen', 'Files the bank has not taken yet', ({ frozen }) => frozen);
  counted(
    'countersign_payouts_oldest_file_seconds',
    'Age of the oldest file the bank has not taken',
    ({ oldestFrozenMs }) => oldestFrozenMs / 1000,
  );
  counted(
    'countersign_payouts_messages_parked',
    'Messages of the bank that speak of nothing we know',
    ({ parkedMessages }) => parkedMessages,
  );
  if (certificate) {
    gauge('countersign_payouts_certificate_seconds', "Seconds until the bank's client certificate ends", () => {
      return (Date.parse(certificate.validTo) - Date.now()) / 1000;
    });
  }
}
