import { Worker } from 'node:worker_threads';
import type { Order } from './thread.ts';

// From source the thread lies beside this file; in a build, beside the bundle.
const FILE = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './documents-thread.js', import.meta.url);
/** Heap of one thread; 1 MiB of XML as a tree of objects needs 30 MB. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** A type was made ready within 8 s when it was defined; on a busier machine it may take longer. */
const COMPILE_LIMIT_MS = 20_000;

/** WebAssembly's memory never shrinks, and schemas that were replaced stay in it: a new thread begins with none of that. */
const MOST_SERVED = 20_000;

/** It took too long, or too much memory: which, says the message. */
export class OverTime extends Error {}

/** Something asked of a thread. */
export interface Errand {
  readonly order: (known: Set<number>) => Order;
  readonly limitMs: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread that judges one document at a time. A thread pool of the process (file system, DNS, compression) is not
 * touched, and the event loop is free whatever a document does.
 */
export class Bench {
  readonly #errands: Errand[] = [];
  readonly #threads: number;
  #working = 0;
  #idle: Seat[] = [];
  #closed = false;

  constructor(threads: number) {
    this.#threads = threads;
  }

  ask(order: Errand['order'], limitMs: number): Promise<unknown> {
    return new Promise((resolve, reject) => {
      this.#errands.push({ order, limitMs, resolve, reject });
      this.#handOut();
    });
  }

  async close(): Promise<void> {
    this.#closed = true;
    await Promise.all(this.#idle.map(async (seat) => await seat.worker.terminate()));
  }

  #handOut(): void {
    while (this.#errands.length > 0 && this.#working < this.#threads) {
      const errand = this.#errands.shift();
      if (!errand) return;
      this.#working += 1;
      void this.#serve(this.#idle.pop() ?? new Seat(), errand);
    }
  }

  async #serve(seat: Seat, errand: Errand): Promise<void> {
    try {
      errand.resolve(await seat.ask(errand));
    } catch (error) {
      errand.reject(error instanceof Error ? error : new Error(String(error)));
    }
    this.#working -= 1;
    if (this.#closed || seat.served >= MOST_SERVED) void seat.worker.terminate();
    else if (!seat.gone) this.#idle.push(seat);
    this.#handOut();
  }
}

/** One thread, started when it is first needed. */
class Seat {
  readonly worker = new Worker(FILE, { resourceLimits: LIMITS, env: {}, stdin: false });
  readonly #known = new Set<number>();
  readonly #ready: Promise<void>;
  gone = false;
  served = 0;

  constructor() {
    // It must keep no process alive.
    this.worker.unref();
    this.#ready = this.#next(undefined).then(() => undefined);
    this.#ready.catch(() => undefined);
  }

  async ask({ order, limitMs }: Errand): Promise<unknown> {
    await this.#ready;
    this.served += 1;
    const answer = this.#next(limitMs);
    this.worker.postMessage(order(this.#known));
    return await answer;
  }

  /** The next message; the thread's end, and the end of the time, are errors. */
  async #next(limitMs: number | undefined): Promise<unknown> {
    return await new Promise((resolve, reject) => {
      let timer: NodeJS.Timeout | undefined;
      const wait = (ms: number | undefined): void => {
        clearTimeout(timer);
        timer = ms === undefined ? undefined : setTimeout(late, ms);
      };
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.worker.off('message', hear).off('error', fail).off('exit', exited);
        settle();
      };
      const hear = (said: { answer?: unknown; error?: string; compiling?: boolean }): void => {
        // Its type is made ready first: that is not the document's time.
        if (said.compiling !== undefined) return wait(said.compiling ? COMPILE_LIMIT_MS : limitMs);
        end(() => (said.error === undefined ? resolve(said.answer) : reject(new Error(said.error))));
      };
      const fail = (error: Error & { code?: string }): void => {
        this.gone = true;
        end(() => reject(error.code === 'ERR_WORKER_OUT_OF_MEMORY' ? new OverTime('memory') : error));
      };
      const exited = (): void => fail(new Error('the thread ended'));
      const late = (): void => {
        this.gone = true;
        void this.worker.terminate();
        end(() => reject(new OverTime('time')));
      };
      wait(limitMs);
      this.worker.on('message', hear).on('error', fail).on('exit', exited);
    });
  }
}
