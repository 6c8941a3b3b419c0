import { SHARE_ENV, Worker } from 'node:worker_threads';
import type { ArchivedFile, ArchiveQuery, ArchiveReader } from '@countersign/flow';
import type { ArchiveLocation } from './object-store.ts';
import type { Order, Reply, What } from './thread.ts';

export interface ArchiveReaderOptions {
  /** One question, the wait for its turn included. Less than the 15 s in which every refusal is said. */
  readonly limitMs?: number;
  /** Questions answered at once, and questions that may wait for that. */
  readonly atOnce?: number;
  readonly mostWaiting?: number;
  /** Without a question for so long the thread ends and gives its memory back. */
  readonly idleMs?: number;
}

export interface ClosableArchiveReader extends ArchiveReader {
  readonly close: () => Promise<void>;
}

/** The archive cannot be read now: too many ask, the time is up, or the object store does not answer. Ask again later. */
export class ArchiveAway extends Error {
  override readonly name = 'ArchiveAway';
  readonly code = 'ARCHIVE_AWAY';
}

// From source the thread lies beside this file; in a build, beside the bundle.
const FILE = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './archive-thread.js', import.meta.url);
/** A page of 1,000 needs 10 MB, a row group with documents some 30. */
const LIMITS = { maxOldGenerationSizeMb: 512, maxYoungGenerationSizeMb: 32 };

interface Errand {
  readonly what: What;
  readonly values: readonly unknown[];
  readonly timer: NodeJS.Timeout;
  readonly settle: (reply: { readonly answer: unknown } | { readonly error: Error }) => void;
}

/**
 * Reads the archive in a thread of its own, started with the first question. A few questions at once, few more in line, and
 * no more: whoever asks for old receipts takes nothing from who brings new ones.
 */
export function createArchiveReader(
  location: ArchiveLocation,
  options: ArchiveReaderOptions = {},
): ClosableArchiveReader {
  const desk = new Desk(location, options);
  return {
    // The thread answers what `look.ts` returns.
    list: async (files: readonly ArchivedFile[], query: ArchiveQuery) =>
      (await desk.ask('list', [files, query])) as Awaited<ReturnType<ArchiveReader['list']>>,
    find: async (files, id) => (await desk.ask('find', [files, id])) as Awaited<ReturnType<ArchiveReader['find']>>,
    timeline: async (files, id) =>
      (await desk.ask('timeline', [files, id])) as Awaited<ReturnType<ArchiveReader['timeline']>>,
    document: async (files, id) =>
      (await desk.ask('document', [files, id])) as Awaited<ReturnType<ArchiveReader['document']>>,
    close: async () => await desk.close(),
  };
}

class Desk {
  readonly #location: ArchiveLocation;
  readonly #limits: Required<ArchiveReaderOptions>;
  readonly #line: Errand[] = [];
  readonly #asked = new Map<number, Errand>();
  #worker: Worker | undefined;
  #last = 0;
  #idle: NodeJS.Timeout | undefined;

  constructor(
    location: ArchiveLocation,
    { limitMs = 11_000, atOnce = 4, mostWaiting = 200, idleMs = 60_000 }: ArchiveReaderOptions,
  ) {
    this.#location = location;
    this.#limits = { limitMs, atOnce, mostWaiting, idleMs };
  }

  ask(what: What, values: readonly unknown[]): Promise<unknown> {
    const { limitMs, mostWaiting } = this.#limits;
    if (this.#line.length >= mostWaiting) throw new ArchiveAway('too many ask for archived receipts');
    return new Promise((resolve, reject) => {
      const errand: Errand = {
        what,
        values,
        timer: setTimeout(() => this.#late(errand), limitMs),
        settle: (reply) => {
          clearTimeout(errand.timer);
          if ('error' in reply) reject(reply.error);
          else resolve(reply.answer);
        },
      };
      this.#line.push(errand);
      this.#handOut();
    });
  }

  async close(): Promise<void> {
    clearTimeout(this.#idle);
    this.#fail(new ArchiveAway('closing'));
    await this.#worker?.terminate();
  }

  #handOut(): void {
    while (this.#asked.size < this.#limits.atOnce) {
      const errand = this.#line.shift();
      if (!errand) return this.#rest();
      const number = (this.#last += 1);
      this.#asked.set(number, errand);
      const order: Order = { number, what: errand.what, values: errand.values };
      (this.#worker ??= this.#start()).postMessage(order);
    }
  }

  #start(): Worker {
    const worker = new Worker(FILE, {
      workerData: this.#location,
      resourceLimits: LIMITS,
      env: SHARE_ENV,
      stdin: false,
    });
    // It must keep no process alive.
    worker.unref();
    worker.on('message', (reply: Reply) => {
      const errand = this.#asked.get(reply.number);
      this.#asked.delete(reply.number);
      errand?.settle('error' in reply ? { error: new ArchiveAway(reply.error) } : reply);
      this.#handOut();
    });
    const gone = (error: Error): void => {
      if (this.#worker === worker) this.#dismiss(new ArchiveAway(error.message));
    };
    worker.on('error', gone).on('exit', () => gone(new Error('the thread ended')));
    return worker;
  }

  #rest(): void {
    clearTimeout(this.#idle);
    if (!this.#worker) return;
    this.#idle = setTimeout(() => {
      if (this.#asked.size === 0) this.#dismiss(new ArchiveAway('idle'));
    }, this.#limits.idleMs).unref();
  }

  /** Still in line: only it has waited in vain. Under way: the thread is stuck or the store silent, and begins anew. */
  #late(errand: Errand): void {
    const place = this.#line.indexOf(errand);
    if (place >= 0) this.#line.splice(place, 1);
    errand.settle({ error: new ArchiveAway(`no answer within ${this.#limits.limitMs} ms`) });
    if (place < 0) this.#dismiss(new ArchiveAway('the archive was silent for too long'));
  }

  /** The next question gets a new thread; those this one had fail. */
  #dismiss(error: ArchiveAway): void {
    const worker = this.#worker;
    this.#worker = undefined;
    void worker?.terminate();
    const asked = [...this.#asked.values()];
    this.#asked.clear();
    for (const errand of asked) errand.settle({ error });
    this.#handOut();
  }

  #fail(error: Error): void {
    for (const errand of [...this.#line.splice(0), ...this.#asked.values()]) errand.settle({ error });
    this.#asked.clear();
  }
}
