import { Redis } from 'ioredis';
import { LimitsScript, type SettleAnswer, type SettleQuestion } from './limits-script.ts';

/** What the link tells its owner. */
export interface LimitsEars {
  /** A word of another process about a destination: `pause <ms>`, `hungry <holder>`, `free <holder>`. */
  heard(word: string, detail: string, destination: string): void;
  lost(error: Error): void;
  back(): void;
}

const ANSWER_WITHIN_MS = 500;
const SILENCE_MS = 2_000;
/** While Redis is away it is asked again this often. */
const RETRY_MS = 1_000;
const OPEN_WITHIN_MS = 2_000;
const RECONNECT_MS = 250;

/** The two connections to Redis (one speaks, one listens), and whether they are worth asking. Never makes a caller wait for a lost Redis. */
export class LimitsLink {
  readonly #redis: Redis;
  readonly #listener: Redis;
  readonly #script: LimitsScript;
  readonly #ears: LimitsEars;
  readonly #answerWithinMs: number;
  #away = false;
  #askAgainAt = 0;
  #closed = false;

  /** @param answerWithinMs an answer of Redis later than this counts as none: callers must be decided. */
  constructor(redisUrl: string, prefix: string, ears: LimitsEars, answerWithinMs = ANSWER_WITHIN_MS) {
    this.#ears = ears;
    this.#answerWithinMs = answerWithinMs;
    const connection = { retryStrategy: () => RECONNECT_MS, connectTimeout: OPEN_WITHIN_MS, lazyConnect: true };
    this.#redis = new Redis(redisUrl, {
      ...connection,
      // Nothing may queue up behind a lost connection, or callers would hang with it.
      enableOfflineQueue: false,
      maxRetriesPerRequest: 0,
      // A half-open connection is silent for ever; this ends it.
      socketTimeout: Math.max(SILENCE_MS, 4 * answerWithinMs),
    });
    this.#listener = new Redis(redisUrl, { ...connection, maxRetriesPerRequest: null, socketTimeout: 5_000 });
    this.#script = new LimitsScript(this.#redis, prefix);
    this.#redis.on('error', (error: Error) => this.#failed(error));
    this.#redis.on('ready', () => this.#works());
    this.#listener.on('error', () => undefined); // the speaking connection tells
    this.#listener.on('message', (_channel, message) => {
      const [word = '', detail = '', ...name] = message.split(' ');
      ears.heard(word, detail, name.join(' '));
    });
  }

  /** Waits up to 2 s for both connections, then goes on without. */
  async open(): Promise<void> {
    const waited = new Promise((resolve) => setTimeout(resolve, OPEN_WITHIN_MS).unref());
    const listening = this.#listener.connect().then(() => this.#listener.subscribe(this.#script.channel));
    const opened = Promise.all([this.#redis.connect(), listening]);
    await Promise.race([opened.catch((error: Error) => this.#failed(error)), waited]);
    // The listener's subscription must also come about when Redis appears only later.
    this.#listener.on('ready', () => void this.#listener.subscribe(this.#script.channel).catch(() => undefined));
  }

  get away(): boolean {
    return this.#away;
  }

  /** False for a while after a failure: what Redis would say can be known without asking. */
  isWorthAsking(now: number): boolean {
    return now >= this.#askAgainAt && !this.#closed;
  }

  /** Undefined when there was no answer; `lost` was told. */
  async settle(question: SettleQuestion): Promise<SettleAnswer | undefined> {
    try {
      const answer = await inTime(this.#answerWithinMs, this.#script.settle(question));
      this.#works();
      return answer;
    } catch (error) {
      this.#failed(error instanceof Error ? error : new Error(String(error)));
      return undefined;
    }
  }

  pause(destination: string, ms: number): void {
    inTime(this.#answerWithinMs, this.#script.pause(destination, ms)).catch((error: Error) => this.#failed(error));
  }

  /** Keeps the silent listener from looking half-open, and finds out when it is. */
  ping(): void {
    if (this.#listener.status === 'ready') this.#listener.ping().catch(() => undefined);
  }

  close(): void {
    this.#closed = true;
    this.#redis.disconnect();
    this.#listener.disconnect();
  }

  #failed(error: Error): void {
    if (this.#closed) return;
    this.#askAgainAt = performance.now() + RETRY_MS;
    if (this.#away) return;
    this.#away = true;
    this.#ears.lost(error);
  }

  #works(): void {
    this.#askAgainAt = 0;
    if (!this.#away) return;
    this.#away = false;
    this.#ears.back();
  }
}

/**
 * Not ioredis' own time-out: after a stall of our own, timers come before answers, and a Redis that had answered would be lost.
 * What it said meanwhile is read first.
 */
async function inTime<T>(ms: number, answer: Promise<T>): Promise<T> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<never>((_, reject) => {
    timer = setTimeout(() => setImmediate(() => reject(new Error(`no answer of Redis within ${ms} ms`))), ms);
  });
  try {
    return await Promise.race([answer, late]);
  } finally {
    clearTimeout(timer);
  }
}
