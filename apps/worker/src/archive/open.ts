import type { Closers, Env, Log, Metrics } from '@countersign/process';
import type { Store } from '@countersign/store';
import { createRounds } from '../rounds.ts';
import { createDailyArchive } from './daily.ts';
import { addArchiveGauges } from './gauges.ts';

/** The leader looks so often whether the day's run is due; it is one statement that mostly changes nothing. */
const LOOK_EVERY_MS = 60_000;
// From source the job lies above this file; in a build, beside the bundle.
const FILE = new URL(import.meta.url.endsWith('.ts') ? '../archive-now.ts' : './archive-now.js', import.meta.url);

interface Hands {
  readonly store: Pick<Store, 'archive'>;
  readonly leads: () => boolean;
  readonly afterDays: number;
  /** What the job's process is given. */
  readonly env: Env;
  readonly log: Log;
  readonly metrics: Metrics;
  readonly closers: Closers;
}

/** The daily move into the archive, by the worker that leads. */
export async function openDailyArchive({ store, leads, afterDays, env, log, metrics, closers }: Hands): Promise<void> {
  addArchiveGauges(metrics, store.archive);
  const daily = createDailyArchive({ archive: store.archive, file: FILE, env, afterDays, log });
  await closers.open(
    'archive rounds',
    () => createRounds('archive', { leads, log, everyMs: LOOK_EVERY_MS, round: daily.round }),
    (opened) => opened.close(),
  );
  // Closed first: the round that waits for the job then ends.
  await closers.open(
    'archive job',
    () => daily,
    (opened) => opened.close(),
  );
}
