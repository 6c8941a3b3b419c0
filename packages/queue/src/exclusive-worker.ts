import type { Outcome, Ticket } from '@countersign/flow';
import { Worker, type Job, type Processor, type WorkerOptions } from 'bullmq';
import { createProcessor, type Run } from './processor.ts';
import type { Producer } from './producer.ts';

type Sandboxed = (job: Job<Ticket>, token: string | undefined, signal: AbortSignal) => Promise<Outcome>;

/**
 * BullMQ's own sandbox: one child process per job at once. The child returns an Outcome; it is turned into BullMQ's words
 * here, in the main process, by the same processor as everywhere.
 */
export function createExclusiveWorker(
  name: string,
  file: URL,
  options: WorkerOptions,
  producer: Pick<Producer, 'add'>,
  stopping: () => boolean,
): Worker<Ticket> {
  class ExclusiveWorker extends Worker<Ticket> {
    protected override createSandbox(processor: string | URL): void {
      super.createSandbox(processor);
      // What BullMQ made of the file: takes the job to a child and resolves to what its default export returned.
      const sandboxed = this.processFn as unknown as Sandboxed;
      this.processFn = ((job: Job<Ticket>, token?: string, signal?: AbortSignal) => {
        const run: Run = async (ticket, context) => await sandboxed(withTicket(job, ticket), token, context.signal);
        return createProcessor(run, producer, stopping)(job, token, signal);
      }) as Processor<Ticket>;
    }
  }
  return new ExclusiveWorker(name, file, {
    ...options,
    workerForkOptions: { stdio: 'inherit', serialization: 'advanced' },
  });
}

/** The child sees the job as it lies in Redis; a second visit with `lost` must see that too. */
function withTicket(job: Job<Ticket>, ticket: Ticket): Job<Ticket> {
  if (ticket === job.data) return job;
  return Object.create(job, { data: { value: ticket } }) as Job<Ticket>;
}
