import { Client, type ClientConfig } from 'pg';
import { faceOf } from './trouble.ts';

const PROBE_EVERY_MS = 250;

/** Knows whether the database is away. While it is, nobody waits for it but one probe, four times a second. */
export class Breaker {
  readonly #config: ClientConfig;
  readonly #onAway: (reason: string) => void;
  readonly #onBack: (awayMs: number) => void;
  #reason: string | undefined;
  #timer: NodeJS.Timeout | undefined;
  #sinceMs = 0;
  #closed = false;

  constructor(config: ClientConfig, onAway: (reason: string) => void, onBack: (awayMs: number) => void) {
    this.#config = { ...config, connectionTimeoutMillis: 1_000, query_timeout: 1_000 };
    this.#onAway = onAway;
    this.#onBack = onBack;
  }

  /** Why it is away; undefined while it is not. */
  get away(): string | undefined {
    return this.#reason;
  }

  trip(reason: string): void {
    if (this.#reason !== undefined || this.#closed) return;
    this.#reason = reason;
    this.#sinceMs = performance.now();
    this.#onAway(reason);
    this.#probeLater(0);
  }

  close(): void {
    this.#closed = true;
    clearTimeout(this.#timer);
  }

  #probeLater(inMs: number): void {
    if (this.#closed) return;
    this.#timer = setTimeout(() => void this.#probe(), inMs);
    this.#timer.unref();
  }

  async #probe(): Promise<void> {
    const startedMs = performance.now();
    const client = new Client(this.#config);
    client.on('error', () => {});
    try {
      await client.connect();
      await client.query('select 1');
      this.#reason = undefined;
      this.#onBack(performance.now() - this.#sinceMs);
    } catch (error) {
      this.#reason = faceOf(error).message;
      this.#probeLater(Math.max(0, PROBE_EVERY_MS - (performance.now() - startedMs)));
    } finally {
      client.end().catch(() => {});
    }
  }
}
