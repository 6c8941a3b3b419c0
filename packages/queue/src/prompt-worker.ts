import type { Ticket } from '@countersign/flow';
import { Worker, type Job, type Processor, type WorkerOptions } from 'bullmq';

/** A crowd that waits is fetched by so many round trips at once at most; each that finds nothing costs about 70 µs. */
const MOST_FETCHES = 4;

type Fetched = Job<Ticket> | undefined;

/** What the loop uses of BullMQ's worker. Private in its types; 6.7.0 is pinned, and the tests of this room go through it. */
interface Insides {
  readonly id: string;
  readonly closing: Promise<void> | undefined;
  readonly paused: boolean;
  readonly opts: WorkerOptions;
  mainLoop: () => Promise<void>;
  _getNextJob(token: string, options: { block: boolean }): Promise<Fetched>;
  processJob(job: Job<Ticket>, token: string, fetchNext: () => boolean): Promise<Fetched>;
  retryIfFailed(work: () => Promise<Fetched>, options: { delayInMs: number; onlyEmitError: true }): Promise<Fetched>;
  delay(ms: number): Promise<void>;
}

/**
 * BullMQ's worker with another loop: a job starts as soon as it is fetched. BullMQ's own fetches one by one until it holds
 * `concurrency` of them or finds the queue empty for once, and starts none before: with 1,000 places and a crowd the first
 * waited seconds for the thousandth, its lock not renewed meanwhile.
 */
export function createPromptWorker(name: string, work: Processor<Ticket>, options: WorkerOptions): Worker<Ticket> {
  const worker = new Worker<Ticket>(name, work, options);
  // The wall: what is private in its types.
  const insides = worker as unknown as Insides;
  insides.mainLoop = async () =>
    await new Loop(insides, options.concurrency ?? 1, (error) => worker.emit('error', error)).run();
  return worker;
}

class Loop {
  readonly #worker: Insides;
  readonly #places: number;
  readonly #onError: (error: Error) => void;
  #taken = 0;
  #tokens = 0;
  #finds = 0;
  #onFree = (): void => undefined;

  constructor(worker: Insides, places: number, onError: (error: Error) => void) {
    this.#worker = worker;
    this.#places = places;
    this.#onError = onError;
  }

  /** Until the worker closes and what was begun has ended. */
  async run(): Promise<void> {
    let fetches = 1;
    while (this.#isOpen()) {
      if (this.#taken >= this.#places) await this.#free();
      else fetches = await this.#fill(Math.min(fetches, this.#places - this.#taken));
    }
    while (this.#taken > 0) await this.#free();
  }

  /** Fetches and starts up to so many; returns how many to try next: after a second find twice as many each time. */
  async #fill(fetches: number): Promise<number> {
    const met = await Promise.all(Array.from({ length: fetches }, async () => await this.#fetch(fetches === 1)));
    this.#finds = met.every((each) => each === 'job') ? this.#finds + 1 : 0;
    if (this.#finds > 0) return this.#finds === 1 ? 1 : Math.min(MOST_FETCHES, fetches * 2);
    // Out of memory, say: the next try would be refused as well. Not at full speed, then.
    if (met.includes('refusal') && this.#isOpen()) await this.#worker.delay(this.#retryMs());
    return 1;
  }

  async #fetch(block: boolean): Promise<'job' | 'nothing' | 'refusal'> {
    const token = `${this.#worker.id}:${(this.#tokens += 1)}`;
    let refused = false;
    const fetch = async (): Promise<Fetched> => {
      refused = true;
      const job = await this.#worker._getNextJob(token, { block });
      refused = false;
      return job;
    };
    // It repeats what failed for want of a connection, and emits what Redis refused.
    const job = await this.#worker.retryIfFailed(fetch, { delayInMs: this.#retryMs(), onlyEmitError: true });
    if (job) void this.#work(job);
    else if (refused) return 'refusal';
    return job ? 'job' : 'nothing';
  }

  /** One place: a job's end brings the next one by the same round trip, as long as there is one. */
  async #work(first: Job<Ticket>): Promise<void> {
    this.#taken += 1;
    try {
      for (let job: Fetched = first; job;)
        job = await this.#worker.processJob(job, job.token ?? '', () => this.#taken <= this.#places);
    } catch (error) {
      this.#onError(error instanceof Error ? error : new Error(String(error)));
    } finally {
      this.#taken -= 1;
      this.#onFree();
    }
  }

  #isOpen(): boolean {
    return !this.#worker.closing && !this.#worker.paused;
  }

  async #free(): Promise<void> {
    await new Promise<void>((resolve) => (this.#onFree = resolve));
  }

  #retryMs(): number {
    return this.#worker.opts.runRetryDelay ?? 1_000;
  }
}
