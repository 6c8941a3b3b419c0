import { Pool, types, type ClientConfig, type PoolConfig, type QueryResult } from 'pg';
import type { Breaker } from './breaker.ts';
import { StoreAway, StoreBusy } from './errors.ts';
import { faceOf, isConnectTimeout, judge } from './trouble.ts';

/** A statement planned once per connection. */
export interface Statement {
  readonly name: string;
  readonly text: string;
}

export interface LineOptions {
  readonly config: ClientConfig;
  readonly connections: number;
  readonly breaker: Breaker;
}

const MAX_WAITING = 1_000;
const TRIES = 3;
/** Timers of a process that gets its turn are late by less than this. */
const LATE_MS = 100;

/** Some connections to the database that give up in time. A connection that breaks costs a silent repetition. */
export class Line {
  readonly #options: LineOptions;
  readonly #waiting: (() => void)[] = [];
  #pool: Pool;
  #busy = 0;

  constructor(options: LineOptions) {
    this.#options = options;
    this.#pool = this.#open();
  }

  /**
   * Rows of one statement. A broken connection is tried twice more on others, so a statement must be harmless twice.
   * @throws StoreAway; or the driver's error where the statement itself is at fault.
   */
  async rows<R>(statement: Statement | string, values: readonly unknown[] = []): Promise<R[]> {
    await this.#turn();
    try {
      const query =
        typeof statement === 'string' ? { text: statement } : { name: statement.name, text: statement.text };
      const result = await this.#often({ ...query, values: [...values] });
      // The statement's text decides the shape of its rows; each caller names it next to that text.
      return result.rows as R[];
    } finally {
      const next = this.#waiting.shift();
      // The turn is handed on, not given back: nobody can slip in between.
      if (next) next();
      else this.#busy -= 1;
    }
  }

  async close(): Promise<void> {
    await this.#pool.end();
  }

  async #often(query: { name?: string; text: string; values: unknown[] }): Promise<QueryResult> {
    for (let attempt = 1; ; attempt += 1) {
      const { breaker } = this.#options;
      if (breaker.away !== undefined) throw new StoreAway(breaker.away);
      const askedMs = performance.now();
      try {
        return await this.#pool.query(query);
      } catch (error) {
        const trouble = judge(error);
        if (trouble === 'bad' || trouble === 'again') throw error;
        const isOurs = isConnectTimeout(error) && this.#stoodStill(askedMs);
        if ((trouble === 'lost' || isOurs) && attempt < TRIES) continue;
        if (trouble !== 'unable') this.#abandon(faceOf(error).message);
        throw new StoreAway(faceOf(error).message, error);
      }
    }
  }

  /**
   * A time-out of ours that is told late: this process stood still (stopped, throttled, a long garbage collection) while it
   * connected, and the server may have answered at once.
   */
  #stoodStill(askedMs: number): boolean {
    const { connectionTimeoutMillis = 0 } = this.#options.config;
    return performance.now() - askedMs > connectionTimeoutMillis + LATE_MS;
  }

  /** All connections are under suspicion: half-open ones would each cost a whole time-out, one after the other. */
  #abandon(reason: string): void {
    this.#options.breaker.trip(reason);
    const old = this.#pool;
    this.#pool = this.#open();
    old.end().catch(() => {});
  }

  #open(): Pool {
    const { config, connections } = this.#options;
    const settings: PoolConfig = { ...config, max: connections, idleTimeoutMillis: 60_000 };
    const pool = new Pool(settings);
    // An idle connection that breaks is dropped by the pool; the next statement finds out.
    pool.on('error', () => {});
    return pool;
  }

  /** Our own queue before the pool's: its time-out cannot tell a busy pool from a dead server. */
  async #turn(): Promise<void> {
    if (this.#busy < this.#options.connections) {
      this.#busy += 1;
      return;
    }
    if (this.#waiting.length >= MAX_WAITING) throw new StoreBusy('the pool', this.#waiting.length);
    await new Promise<void>((wake) => this.#waiting.push(wake));
  }
}

/** Settings of every connection: nothing waits for ever on either side. */
export function connectionConfig(databaseUrl: string, applicationName: string): ClientConfig {
  return {
    connectionString: databaseUrl,
    application_name: applicationName,
    connectionTimeoutMillis: 1_000,
    keepAlive: true,
    keepAliveInitialDelayMillis: 5_000,
    idle_in_transaction_session_timeout: 5_000,
    types: { getTypeParser },
  };
}

// int8, timestamptz: numbers and milliseconds, since neither bigint nor Date survives JSON.
const INT8 = 20;
const TIMESTAMPTZ = 1184;
const ownParsers = new Map<number, (text: string) => unknown>([
  [INT8, Number],
  [TIMESTAMPTZ, (text) => toMs(text)],
]);

function getTypeParser(oid: number, format?: 'text' | 'binary'): unknown {
  return (format === 'binary' ? undefined : ownParsers.get(oid)) ?? types.getTypeParser(oid);
}

/** `2026-11-20 12:50:11.123+00` (sessions run in UTC) or JSON's `2026-11-20T12:50:11.123+00:00`, in milliseconds. */
export function toMs(text: string): number {
  return Date.parse(text.length > 10 && text[10] === ' ' ? `${text.slice(0, 10)}T${text.slice(11)}:00` : text);
}
