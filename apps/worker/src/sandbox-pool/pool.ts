import { availableParallelism } from 'node:os';
import { RetryableError, type Ticket, type Outcome } from '@countersign/flow';
import type { Log, MetricJson } from '@countersign/process';
import type { Context, Run } from '@countersign/queue';
import type { Errand } from './sandbox-process.ts';
import { Ward, type WardOptions } from './ward.ts';

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
  /** Tells who may send, two clients at most: a crowd whose client is alone has the machine to itself. */
  senders(clients: readonly string[]): void;
  counts(): Readonly<Record<WardName, ReturnType<Ward['counts']>>>;
  /** What the sandboxes counted, each by itself. */
  metrics(): Promise<MetricJson[][]>;
  /** For tests that kill. */
  pids(): Readonly<Record<WardName, readonly number[]>>;
  close(): void;
}

type WardName = 'shared' | 'first' | 'small' | 'alone';
type Size = { readonly count?: number; readonly slots: number } & Partial<Pick<WardOptions, 'onDemand' | 'flags'>>;

const METRICS_WITHIN_MS = 1_000;
/** A shared sandbox holds whatever comes: BullMQ's concurrency is the limit. */
const SHARED_SLOTS = 100_000;
/**
 * Light clients' visits have a sandbox of their own: in the shared one each of a visit's ten waits for PostgreSQL or a
 * neighbour would end behind a thousand others' turns at the event loop. With so few its own loop is quick.
 */
const FIRST_FEW = 64;
/** Few visits make little garbage: young generations of 3 × 4 MB, not 3 × 16. */
const SMALL_HEAP = ['--max-semi-space-size=4'];
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
  const ward = (name: WardName, { count = 2, slots, onDemand = 'goes', flags = [] }: Size): Ward =>
    new Ward({ name, file, env, processes: count, slots, maxRssBytes, onDemand, flags, log }, onLost);
  const wards = {
    shared: ward('shared', { count: processes, slots: SHARED_SLOTS, onDemand: false }),
    // From the first light client on: until it is up they share the others'.
    first: ward('first', { count: 1, slots: SHARED_SLOTS, onDemand: 'stays', flags: SMALL_HEAP }),
    small: ward('small', { slots: SMALL_SLOTS }),
    alone: ward('alone', { slots: 1 }),
  };
  const all = Object.values(wards);
  const light = countLight((client, inHand) => wards.shared.light(client, inHand));

  const run = (ticket: Ticket, { holder, attempt, deaths, signal }: Context): Promise<Outcome> =>
    new Promise((resolve, reject) => {
      const n = (last += 1);
      if (ticket.first) wards.first.want();
      const chosen = wards[wardFor(ticket, deaths, { first: wards.first.load(), shared: wards.shared.load() })];
      const abort = (): void => chosen.abort(n);
      light(ticket, 1);
      const end =
        <T>(settle: (value: T) => void) =>
        (value: T): void => {
          signal.removeEventListener('abort', abort);
          light(ticket, -1);
          settle(value);
        };
      signal.addEventListener('abort', abort, { once: true });
      chosen.take({ order: { n, ticket, holder, attempt, deaths }, resolve: end(resolve), reject: end(reject) });
      if (signal.aborted) abort();
    });

  return {
    run,
    senders: (clients) => wards.shared.senders(clients),
    counts: () => ofEach(wards, (each) => each.counts()),
    metrics: async () => (await Promise.all(all.map(async (each) => await each.metrics(METRICS_WITHIN_MS)))).flat(),
    pids: () => ofEach(wards, (each) => each.pids()),
    close: () => {
      for (const each of all) each.close();
    },
  };
}

/** Counts the light visits in hand by client, and tells of the first and the last of each. */
function countLight(tell: (client: string, inHand: boolean) => void) {
  const inHand = new Map<string, number>();
  return ({ first, client = '' }: Ticket, more: 1 | -1): void => {
    if (!first) return;
    const now = (inHand.get(client) ?? 0) + more;
    if (now === 0) inHand.delete(client);
    else inHand.set(client, now);
    if (now === (more > 0 ? 1 : 0)) tell(client, more > 0);
  };
}

/**
 * Suspects go apart. Light clients' visits go to their own sandbox; when many are there already, to whichever holds
 * less, so that many light clients together have the whole worker. `load` is per process, Infinity: not up.
 */
export function wardFor(
  { first }: Pick<Ticket, 'first'>,
  deaths: number,
  load: Readonly<Record<'first' | 'shared', number>>,
): WardName {
  if (deaths > 0) return deaths === 1 ? 'small' : 'alone';
  return first && (load.first < FIRST_FEW || load.first < load.shared) ? 'first' : 'shared';
}

function ofEach<T>(wards: Readonly<Record<WardName, Ward>>, of: (ward: Ward) => T): Record<WardName, T> {
  const { shared, first, small, alone } = wards;
  return { shared: of(shared), first: of(first), small: of(small), alone: of(alone) };
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
