import { availableParallelism } from 'node:os';
import { RetryableError, type Ticket, type Outcome } from '@countersign/flow';
import type { Log, MetricJson } from '@countersign/process';
import type { Context, Run } from '@countersign/queue';
import type { Errand } from './sandbox-process.ts';
import { Ward } from './ward.ts';

export interface PoolOptions {
  /** What is forked: a file that calls `serveShared`. */
  readonly file: URL;
  readonly env: NodeJS.ProcessEnv;
  /** Shared processes; default by the machine: half its cores, at least 1, at most 4. */
  readonly processes?: number;
  readonly maxRssBytes?: number;
  readonly log: Log;
}

export interface Pool {
  /** Makes the visit in a sandbox. @throws RetryableError `SANDBOX_DIED` when that died with the job in it. */
  readonly run: Run;
  counts(): Readonly<Record<WardName, ReturnType<Ward['counts']>>>;
  /** What the sandboxes counted, each by itself. */
  metrics(): Promise<MetricJson[][]>;
  /** For tests that kill. */
  pids(): Readonly<Record<WardName, readonly number[]>>;
  close(): void;
}

type WardName = 'shared' | 'small' | 'alone';

const METRICS_WITHIN_MS = 1_000;
/** A shared sandbox holds whatever comes: BullMQ's concurrency is the limit. */
const SHARED_SLOTS = 100_000;
/** Everything that was in a sandbox that died is suspect. A thousand suspects one by one would take minutes: first sixteen at once. */
const SMALL_SLOTS = 16;
/** Comes back soon: the innocent should not wait for the guilty. */
const AGAIN_MS = 200;
const MAX_RSS_BYTES = 600 * 1024 * 1024;

/**
 * Few sandbox processes, many jobs each. One that dies takes only the attempts of the jobs that were in it; those are
 * suspects: their next attempt is made in a small company, after a second death alone. So a poisoned job is found after
 * three deaths, gives up after five (its attempts), and the innocent lose two attempts at most.
 */
export function createPool({
  file,
  env,
  processes = defaultProcesses(),
  maxRssBytes = MAX_RSS_BYTES,
  log,
}: PoolOptions): Pool {
  let last = 0;
  const onLost = (errand: Errand, how: string): void => errand.reject(sandboxDied(errand, how));
  const ward = (name: WardName, count: number, slots: number): Ward =>
    new Ward({ name, file, env, processes: count, slots, maxRssBytes, onDemand: name !== 'shared', log }, onLost);
  const wards = {
    shared: ward('shared', processes, SHARED_SLOTS),
    small: ward('small', 2, SMALL_SLOTS),
    alone: ward('alone', 2, 1),
  };
  const all = Object.values(wards);

  const run = (ticket: Ticket, { holder, attempt, deaths, signal }: Context): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const n = (last += 1);
      const chosen = deaths === 0 ? wards.shared : deaths === 1 ? wards.small : wards.alone;
      const abort = (): void => chosen.abort(n);
      const end =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', abort);
          settle(value);
        };
      signal.addEventListener('abort', abort, { once: true });
      chosen.take({ order: { n, ticket, holder, attempt, deaths }, resolve: end(resolve), reject: end(reject) });
      if (signal.aborted) abort();
    });

  return {
    run,
    counts: () => ({ shared: wards.shared.counts(), small: wards.small.counts(), alone: wards.alone.counts() }),
    metrics: async () => (await Promise.all(all.map(async (each) => await each.metrics(METRICS_WITHIN_MS)))).flat(),
    pids: () => ({ shared: wards.shared.pids(), small: wards.small.pids(), alone: wards.alone.pids() }),
    close: () => {
      for (const each of all) each.close();
    },
  };
}

/** Its message is what every replica reads the number of deaths from: it is kept in the job. */
function sandboxDied({ order }: Errand, how: string): RetryableError {
  const message = `SANDBOX_DIED ${order.deaths + 1}: a sandbox ended (${how}) with this job in it`;
  return new RetryableError('SANDBOX_DIED', message, {}, AGAIN_MS);
}

/** Half the cores: the other half is for the queue's own work, the database and Redis. */
export function defaultProcesses(cores = availableParallelism()): number {
  return Math.max(1, Math.min(4, Math.round(cores / 2)));
}
