import { setTimeout as pause } from 'node:timers/promises';
import { StoreAway, StoreBusy } from './errors.ts';
import { judge } from './trouble.ts';

export interface BatchOptions<Row, Result> {
  readonly name: string;
  /** Rows with the same key never share a statement: PostgreSQL changes a row once per statement. Also the order of locking. */
  readonly keyOf: (row: Row) => string;
  /** One statement for all rows; answers in their order. */
  readonly run: (rows: readonly Row[]) => Promise<readonly Result[]>;
  readonly maxRows?: number;
  readonly maxInFlight?: number;
  readonly maxWaiting?: number;
}

interface Waiting<Row, Result> {
  readonly row: Row;
  readonly key: string;
  readonly resolve: (result: Result) => void;
  readonly reject: (error: unknown) => void;
}

// While one statement is under way another starts only for a crowd: fewer, fuller statements cost the database less.
const CROWD = 24;
const RETRIES = 3;

/**
 * Group commit: calls that come together share a statement. A lone call goes at once (at the end of its tick); while a
 * statement is under way the next ones gather. A statement that fails for what is in it is redone row by row, so one bad
 * row fails alone.
 */
export function batched<Row, Result>(options: BatchOptions<Row, Result>): (row: Row) => Promise<Result> {
  const batch = new Batch(options);
  return (row) => batch.add(row);
}

class Batch<Row, Result> {
  readonly #options: BatchOptions<Row, Result>;
  readonly #maxRows: number;
  readonly #maxInFlight: number;
  readonly #maxWaiting: number;
  #waiting: Waiting<Row, Result>[] = [];
  #inFlight = 0;
  #scheduled = false;

  constructor(options: BatchOptions<Row, Result>) {
    this.#options = options;
    this.#maxRows = options.maxRows ?? 500;
    this.#maxInFlight = options.maxInFlight ?? 2;
    this.#maxWaiting = options.maxWaiting ?? 10_000;
  }

  add(row: Row): Promise<Result> {
    const { name, keyOf } = this.#options;
    if (this.#waiting.length >= this.#maxWaiting) return Promise.reject(new StoreBusy(name, this.#waiting.length));
    return new Promise((resolve, reject) => {
      this.#waiting.push({ row, key: keyOf(row), resolve, reject });
      this.#schedule();
    });
  }

  #schedule(): void {
    if (this.#scheduled || this.#waiting.length === 0) return;
    const needed = this.#inFlight === 0 ? 1 : CROWD;
    if (this.#inFlight >= this.#maxInFlight || this.#waiting.length < needed) return;
    this.#scheduled = true;
    setImmediate(() => {
      this.#scheduled = false;
      void this.#fly();
    });
  }

  async #fly(): Promise<void> {
    const calls = this.#take();
    this.#inFlight += 1;
    try {
      await this.#write(calls);
    } finally {
      this.#inFlight -= 1;
      this.#schedule();
    }
  }

  /** In the order of their keys, so that two statements lock rows in the same order and cannot wait for each other. */
  #take(): Waiting<Row, Result>[] {
    const taken = new Map<string, Waiting<Row, Result>>();
    const left: Waiting<Row, Result>[] = [];
    for (const call of this.#waiting) {
      if (taken.size < this.#maxRows && !taken.has(call.key)) taken.set(call.key, call);
      else left.push(call);
    }
    this.#waiting = left;
    return [...taken.values()].sort((a, b) => (a.key < b.key ? -1 : 1));
  }

  async #write(calls: readonly Waiting<Row, Result>[], tried = 0): Promise<void> {
    try {
      const results = await this.#options.run(calls.map((call) => call.row));
      // `run` answers in the order of its rows, one each; results may be undefined themselves.
      calls.forEach((call, at) => call.resolve(results[at] as Result));
    } catch (error) {
      const trouble = judge(error);
      if (trouble === 'again' && tried < RETRIES) {
        await pause(5 * 2 ** tried);
        return await this.#write(calls, tried + 1);
      }
      if (trouble === 'bad' && calls.length > 1) {
        for (const call of calls) await this.#write([call]);
        return;
      }
      const told = trouble === 'again' ? new StoreAway('a lock was held for too long', error) : error;
      for (const call of calls) call.reject(told);
    }
  }
}
