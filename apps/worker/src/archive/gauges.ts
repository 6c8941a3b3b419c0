import type { Metrics } from '@countersign/process';
import type { Archive, ArchiveGauges } from '@countersign/store';

const FRESH_MS = 5_000;

/** What the archive holds, and whether the daily job does its work; the whole house's, the same from every worker. */
export function addArchiveGauges(metrics: Metrics, archive: Pick<Archive, 'gauges'>): void {
  let lookedMs = -Infinity;
  let last: Promise<ArchiveGauges | undefined> = Promise.resolve(undefined);
  const look = () => {
    if (performance.now() - lookedMs > FRESH_MS) {
      lookedMs = performance.now();
      last = archive.gauges().catch(() => undefined);
    }
    return last;
  };
  const gauge = (name: string, help: string, of: (figures: ArchiveGauges) => number): void => {
    metrics.gauge(name, help, [], async (own) => {
      const figures = await look();
      if (figures) own.set(of(figures));
    });
  };
  gauge('countersign_archive_days', 'Days whose partitions were moved to the archive', (g) => g.days);
  gauge('countersign_archive_rows', 'Receipts in the archive', (g) => g.rows);
  gauge('countersign_archive_files', 'Files of the archive', (g) => g.files);
  gauge('countersign_archive_bytes', 'Bytes of the archive', (g) => g.bytes);
  gauge('countersign_archive_troubled', '1: the last run failed, or left something for the next', (g) =>
    g.troubled ? 1 : 0,
  );
  gauge(
    'countersign_archive_since_success_seconds',
    'Since the archive job last came to its end',
    (g) => g.sinceSuccessMs / 1_000,
  );
}
