import { Worker } from 'node:worker_threads';
import type { NamedType, Paper, TypeProblem, Verdict } from './document-type.ts';
import type { Order } from './thread.ts';

export interface JudgesOptions {
  /** Threads; each holds about 40 MB once it has compiled its types. */
  readonly threads?: number;
  /** How long a document may take; one that takes longer is given a second chance, alone, and then refused. */
  readonly limitMs?: number;
  readonly secondLimitMs?: number;
}

/** Judges documents of strangers in threads of their own that are killed when they take too long. */
export interface Judges {
  /** @throws Error where the trouble is ours: no verdict is one. */
  readonly judge: (paper: Paper, types: readonly NamedType[]) => Promise<Verdict>;
  /** What is wrong with a type; empty: nothing. */
  readonly check: (named: NamedType) => Promise<readonly TypeProblem[]>;
  readonly close: () => Promise<void>;
}

// From source the thread lies beside this file; in a build, beside the bundle.
const FILE = new URL(import.meta.url.endsWith('.ts') ? './thread.ts' : './documents-thread.js', import.meta.url);
/** Heap of one thread; 1 MiB of XML as a tree of objects needs 30 MB. */
const LIMITS = { maxOldGenerationSizeMb: 256, maxYoungGenerationSizeMb: 32 };

/** WebAssembly's memory never shrinks, and schemas that were replaced stay in it: a new thread begins with none of that. */
const MOST_SERVED = 20_000;

class OverTime extends Error {}

interface Errand {
  readonly order: (known: Set<number>) => Order;
  readonly limitMs: number;
  readonly resolve: (answer: unknown) => void;
  readonly reject: (error: Error) => void;
}

/**
 * A thread that judges one document at a time. A thread pool of the process (file system, DNS, compression) is not
 * touched, and the event loop is free whatever a document does.
 */
class Bench {
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
      const end = (settle: () => void): void => {
        clearTimeout(timer);
        this.worker.off('message', hear).off('error', fail).off('exit', exited);
        settle();
      };
      const hear = (said: { answer?: unknown; error?: string }): void =>
        end(() => (said.error === undefined ? resolve(said.answer) : reject(new Error(said.error))));
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
      const timer = limitMs === undefined ? undefined : setTimeout(late, limitMs);
      this.worker.on('message', hear).on('error', fail).on('exit', exited);
    });
  }
}

/**
 * Two benches: what takes longer than `limitMs` goes to the slow one and tries again there, so a hostile document (or a
 * type whose pattern is catastrophic) takes nobody's place but that of its like.
 */
export function createJudges({ threads = 1, limitMs = 2_000, secondLimitMs = 8_000 }: JudgesOptions = {}): Judges {
  const fast = new Bench(threads);
  const slow = new Bench(1);
  const keys = new WeakMap<object, readonly [number, NamedType]>();
  let last = 0;
  const keyOf = (named: NamedType): readonly [number, NamedType] => {
    // By the definition itself: the same object as long as nothing was defined anew.
    const known = keys.get(named.type);
    if (known && known[1].version === named.version && known[1].name === named.name) return known;
    const made = [(last += 1), named] as const;
    keys.set(named.type, made);
    return made;
  };
  const twice = async (order: Errand['order']): Promise<unknown> => {
    try {
      return await fast.ask(order, limitMs);
    } catch (error) {
      if (!(error instanceof OverTime)) throw error;
      return await slow.ask(order, secondLimitMs);
    }
  };
  return {
    judge: async (paper, types) => {
      const keyed = types.map(keyOf);
      const order = (known: Set<number>): Order => {
        const news = keyed.filter(([key]) => !known.has(key));
        const now = keyed.map(([key]) => key);
        known.clear();
        for (const key of now) known.add(key);
        // Copied: a view of a larger buffer would take all of that along.
        return { what: 'judge', paper: { ...paper, bytes: new Uint8Array(paper.bytes) }, types: now, news };
      };
      try {
        // What the thread answers to `judge`.
        return (await twice(order)) as Verdict;
      } catch (error) {
        if (!(error instanceof OverTime)) throw error;
        const detail =
          error.message === 'memory'
            ? 'judging it needs more memory than a document may'
            : `judging it takes more than ${secondLimitMs / 1_000} s`;
        return { violations: [{ detail }] };
      }
    },
    check: async (named) => {
      try {
        // What the thread answers to `check`.
        return (await slow.ask(() => ({ what: 'check', named }), secondLimitMs)) as readonly TypeProblem[];
      } catch (error) {
        if (!(error instanceof OverTime)) throw error;
        return [
          { pointer: '', detail: `making it ready takes more than ${secondLimitMs / 1_000} s or too much memory` },
        ];
      }
    },
    close: async () => void (await Promise.all([fast.close(), slow.close()])),
  };
}
