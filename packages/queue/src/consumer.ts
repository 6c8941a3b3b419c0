import { setTimeout as sleep } from 'node:timers/promises';
import { ownTroubleDelayMs, type StepName, type Ticket } from '@countersign/flow';
import type { Log } from '@countersign/process';
import type { Job, Worker, WorkerOptions } from 'bullmq';
import { createExclusiveWorker } from './exclusive-worker.ts';
import { ATTEMPTS } from './job-options.ts';
import { DEFAULT_PREFIX, lanesOf, queueName, type Lane } from './names.ts';
import { createProcessor, type Run } from './processor.ts';
import type { Producer } from './producer.ts';
import { createPromptWorker } from './prompt-worker.ts';
import { rareWarning } from './rare-warning.ts';
import { consumerRedis } from './redis.ts';

export type JobEvent = 'completed' | 'failed' | 'given-up' | 'stalled' | 'lock-lost';

export interface ConsumerOptions {
  readonly redisUrl: string;
  readonly prefix?: string;
  readonly queues: readonly StepName[];
  /** Jobs at once, per queue. */
  readonly concurrency: number;
  /** A function of ours, or the file BullMQ forks: one child per job at once; its default export is run(job). */
  readonly run: Run | URL;
  readonly producer: Producer;
  /** A file's child that holds one job for longer is killed. Default two minutes. */
  readonly hungAfterMs?: number;
  readonly log: Log;
  /** Told what became of each visit, for metrics. */
  readonly onEvent?: ((event: JobEvent, step: StepName) => void) | undefined;
}

export interface Consumer {
  /** Jobs in our hands now. */
  active(): number;
  /** Takes no more, lets what runs end, cancels the rest two seconds before the deadline. Returns how many were left. */
  close(deadlineMs: number): Promise<number>;
  /** False when a queue's loop has stopped: this process must be started again. */
  isRunning(): boolean;
}

/**
 * A killed worker's job is found by the others after at most lock (6 s) + two checks (3 s each) = 12 s.
 * The lock is renewed every 3 s, so an event loop blocked for 3 s is forgiven.
 */
const LOCKS = { lockDuration: 6_000, stalledInterval: 3_000, maxStalledCount: 5 };
/** Counts every start, pauses included: far above any honest number (a day of polls is under 400), but not endless. */
const MAX_STARTS = 10_000;

/** Above what the longest honest visit takes: its few calls have 10 to 15 s each. */
const HUNG_AFTER_MS = 120_000;

export function createConsumer(options: ConsumerOptions): Consumer {
  const { queues, log, producer, onEvent } = options;
  let stopping = false;
  const workers = queues.flatMap(lanesOf).map((lane) => {
    const { step } = lane;
    const worker = createWorker(lane, options, () => stopping);
    worker.on('error', rareWarning(log, 'the queue is in trouble', { step }));
    worker.on('lockRenewalFailed', (ids) => {
      // Another worker may have it by now: ours must stop before it tells anybody anything.
      for (const id of ids) worker.cancelJob(id, 'the lock was lost');
      onEvent?.('lock-lost', step);
    });
    worker.on('stalled', (id) => {
      log.warn({ step, job: id }, 'found a job whose worker is gone; it runs again');
      onEvent?.('stalled', step);
    });
    worker.on('completed', () => onEvent?.('completed', step));
    worker.on('failed', (job, err) => {
      if (job) void afterFailure(job, err, step, { producer, log, onEvent });
    });
    worker.run().catch((err: unknown) => log.error({ err, step }, 'the queue loop ended'));
    return worker;
  });
  return {
    active: () => workers.reduce((sum, worker) => sum + activeOf(worker), 0),
    isRunning: () => stopping || workers.every((worker) => worker.isRunning()),
    async close(deadlineMs) {
      stopping = true;
      return await closeAll(workers, deadlineMs);
    },
  };
}

function createWorker(lane: Lane, options: ConsumerOptions, stopping: () => boolean): Worker<Ticket> {
  const settings: WorkerOptions = {
    connection: consumerRedis(options.redisUrl),
    prefix: options.prefix ?? DEFAULT_PREFIX,
    // A file's children are processes: light clients get one, not as many again.
    concurrency: lane.first && options.run instanceof URL ? 1 : options.concurrency,
    ...LOCKS,
    maxStartedAttempts: MAX_STARTS,
    drainDelay: 5,
    // 15 s by default: work must go on within a second of Redis coming back.
    runRetryDelay: 500,
    autorun: false,
    settings: {
      backoffStrategy: (attemptsMade, _type, error) => retryAfterOf(error) ?? ownTroubleDelayMs(attemptsMade),
    },
  };
  if (options.run instanceof URL) {
    const { run: file, producer, hungAfterMs = HUNG_AFTER_MS } = options;
    return createExclusiveWorker(queueName(lane), settings, { file, producer, stopping, hungAfterMs });
  }
  return createPromptWorker(queueName(lane), createProcessor(options.run, options.producer, stopping), settings);
}

function retryAfterOf(error: unknown): number | undefined {
  return error instanceof Object && 'retryAfterMs' in error && typeof error.retryAfterMs === 'number'
    ? error.retryAfterMs
    : undefined;
}

/** A job given up for good without a root to know of it: the books are closed by a ticket of their own. */
async function afterFailure(
  job: Job<Ticket>,
  err: Error,
  step: StepName,
  { producer, log, onEvent }: Pick<ConsumerOptions, 'producer' | 'log' | 'onEvent'>,
): Promise<void> {
  const { id, kind } = job.data;
  const forGood = job.finishedOn !== undefined;
  log.warn(
    { err, kind, id, step, attempt: job.attemptsMade, of: ATTEMPTS, forGood },
    forGood ? 'a job was given up' : 'a job failed and runs again',
  );
  onEvent?.(forGood ? 'given-up' : 'failed', step);
  if (!forGood || job.parent || step === 'conclude' || step === 'notify') return;
  const ticket: Ticket = { ...job.data, step: 'conclude', lost: err.message };
  // When Redis is away just now, the sweep finds the submission again.
  await producer
    .add([{ ticket, inMs: 0, as: 'apart' }])
    .catch((cause: unknown) => log.warn({ err: cause, kind, id }, 'could not ask to close its books'));
}

/** BullMQ tracks what it holds locks for. */
function activeOf(worker: Worker<Ticket>): number {
  // Protected in its types; its own way to count the running jobs.
  const { lockManager } = worker as unknown as { lockManager: { getActiveJobCount(): number } };
  return lockManager.getActiveJobCount();
}

const CANCELLED_MS = 2_000;

/** `worker.close()` waits for ever for a hung job and for an unreachable Redis; this does not. */
async function closeAll(workers: readonly Worker<Ticket>[], deadlineMs: number): Promise<number> {
  const closed = Promise.allSettled(workers.map(async (worker) => await worker.close())).then(() => true);
  const within = async (ms: number): Promise<boolean> => await Promise.race([closed, sleep(ms, false, { ref: false })]);
  if (await within(Math.max(0, deadlineMs - CANCELLED_MS))) return 0;
  const left = workers.reduce((sum, worker) => sum + activeOf(worker), 0);
  for (const worker of workers) worker.cancelAllJobs('this worker stops');
  if (!(await within(Math.min(CANCELLED_MS, deadlineMs))))
    for (const worker of workers) void worker.disconnect().catch(() => undefined);
  return left;
}
