import { AsyncLocalStorage } from 'node:async_hooks';
import type { Outcome, Ticket } from '@countersign/flow';
import { Worker, type Child, type ChildPool, type Job, type Processor, type WorkerOptions } from 'bullmq';
import { createProcessor, type Run } from './processor.ts';
import type { Producer } from './producer.ts';

type Sandboxed = (job: Job<Ticket>, token: string | undefined, signal: AbortSignal) => Promise<Outcome>;

export interface ExclusiveOptions {
  readonly file: URL;
  readonly producer: Pick<Producer, 'add'>;
  readonly stopping: () => boolean;
  /** A child that holds one job for longer is killed: BullMQ would let a busy loop run for ever. */
  readonly hungAfterMs: number;
}

/** After a cancel a child may put things in order for this long. A busy loop never hears the cancel. */
const AFTER_CANCEL_MS = 2_000;

/**
 * BullMQ's own sandbox: one child process per job at once. The child returns an Outcome; it is turned into BullMQ's words
 * here, in the main process, by the same processor as everywhere.
 */
export function createExclusiveWorker(
  name: string,
  options: WorkerOptions,
  { file, producer, stopping, hungAfterMs }: ExclusiveOptions,
): Worker<Ticket> {
  class ExclusiveWorker extends Worker<Ticket> {
    protected override createSandbox(processor: string | URL): void {
      super.createSandbox(processor);
      // What BullMQ made of the file: takes the job to a child and resolves to what its default export returned.
      const sandboxed = this.processFn as unknown as Sandboxed;
      // Protected in its types, and there by now.
      const { childPool } = this as unknown as { childPool: ChildPool };
      const held = rememberChildren(childPool);
      this.processFn = ((job: Job<Ticket>, token?: string, signal?: AbortSignal) => {
        const run: Run = async (ticket, context) =>
          await held.run({}, async () => {
            const kill = (): void => void held.getStore()?.kill?.();
            return await withEnd(hungAfterMs, context.signal, kill, () =>
              sandboxed(withTicket(job, ticket), token, context.signal),
            );
          });
        return createProcessor(run, producer, stopping)(job, token, signal);
      }) as Processor<Ticket>;
    }
  }
  return new ExclusiveWorker(name, file, { ...options, workerForkOptions: { stdio: 'inherit' } });
}

/** BullMQ does not say which child has which job: remembered along the job's own async path. */
function rememberChildren(pool: ChildPool): AsyncLocalStorage<{ kill?: () => void }> {
  const held = new AsyncLocalStorage<{ kill?: () => void }>();
  const retain = pool.retain.bind(pool);
  pool.retain = async (file: string): Promise<Child> => {
    const child = await retain(file);
    const store = held.getStore();
    if (store) store.kill = () => void pool.kill(child, 'SIGKILL').catch(() => undefined);
    return child;
  };
  return held;
}

/** Calls `kill` when the work is not done in time, or not soon after its cancel. */
async function withEnd<T>(limitMs: number, signal: AbortSignal, kill: () => void, work: () => Promise<T>): Promise<T> {
  const timers = [setTimeout(kill, limitMs)];
  const cancelled = (): void => void timers.push(setTimeout(kill, AFTER_CANCEL_MS));
  signal.addEventListener('abort', cancelled, { once: true });
  try {
    return await work();
  } finally {
    signal.removeEventListener('abort', cancelled);
    for (const timer of timers) clearTimeout(timer);
  }
}

/** The child sees the job as it lies in Redis; a second visit with `lost` must see that too. */
function withTicket(job: Job<Ticket>, ticket: Ticket): Job<Ticket> {
  if (ticket === job.data) return job;
  return Object.create(job, { data: { value: ticket } }) as Job<Ticket>;
}
