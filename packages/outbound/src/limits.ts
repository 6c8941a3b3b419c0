import { randomUUID } from 'node:crypto';
import { Destination, IDLE_MS, type Waiter } from './destination.ts';
import { type LimitsEars, LimitsLink } from './limits-link.ts';
import type { AcquireRules, Busy, CallHealth, Limits, Permit } from './limits-types.ts';

export interface LimitsSettings {
  readonly redisUrl: string;
  /** Replicas with the same prefix share their limits. Default `cs`. */
  readonly prefix?: string;
  /** A dead process' permits come back after this. Default 10,000. */
  readonly leaseMs?: number;
  /** A living one renews this often. Default 3,000. */
  readonly heartbeatMs?: number;
  /** An answer of Redis later than this counts as none, and Redis as away. Default 500. */
  readonly answerWithinMs?: number;
  /** While Redis is away and the lease is over, each process keeps to this part of every limit (at least one call). Default 4. */
  readonly aloneDivisor?: number;
  /** Told about trouble with Redis, once per loss and once per return. */
  readonly onRedis?: (state: 'lost' | 'back', error?: Error) => void;
  readonly random?: () => number;
}

/** Connects and returns; when Redis cannot be had within 2 s it returns all the same and goes on trying. */
export async function openLimits(settings: LimitsSettings): Promise<Limits> {
  const limits = new SharedLimits(settings);
  await limits.open();
  return limits;
}

class SharedLimits implements Limits, LimitsEars {
  readonly #link: LimitsLink;
  readonly #settings: LimitsSettings;
  readonly #holder = randomUUID();
  readonly #destinations = new Map<string, Destination>();
  readonly #leaseMs: number;
  readonly #heartbeatMs: number;
  readonly #random: () => number;
  readonly #tick: NodeJS.Timeout;
  #pingedAt = 0;
  #closed = false;

  constructor(settings: LimitsSettings) {
    this.#settings = settings;
    this.#leaseMs = settings.leaseMs ?? 10_000;
    this.#heartbeatMs = settings.heartbeatMs ?? 3_000;
    this.#random = settings.random ?? Math.random;
    this.#link = new LimitsLink(settings.redisUrl, settings.prefix ?? 'cs', this, settings.answerWithinMs);
    this.#tick = setInterval(() => this.#housekeeping(), Math.min(250, this.#heartbeatMs / 4)).unref();
  }

  open(): Promise<void> {
    return this.#link.open();
  }

  acquire(name: string, rules: AcquireRules): Permit | Busy | Promise<Permit | Busy> {
    const destination = this.#meet(name);
    destination.adopt(rules);
    const now = performance.now();
    if (destination.waiters.size === 0 && !this.#closed && destination.take(now, this.#aloneDivisor())) {
      // The next tokens are fetched before the last is gone; costs nothing where there is no rate.
      if (destination.rate.wanted(now, 0) > 0) this.#settle(destination);
      return new GivenPermit(this, destination, now);
    }
    if (this.#closed || destination.pausedForMs(now) > rules.patienceMs) return destination.busy(now, this.#random);
    if (rules.patienceMs > 0) return this.#wait(destination, rules.patienceMs);
    if (destination.isTooPoor(now)) this.#settle(destination); // too late for this caller, in time for the next
    return destination.busy(now, this.#random);
  }

  pause(name: string, ms: number): void {
    if (!(ms > 0)) return;
    this.#meet(name).pause(performance.now(), ms);
    this.#link.pause(name, Math.ceil(ms));
  }

  snapshot(): ReturnType<Limits['snapshot']> {
    const entries = [...this.#destinations].map(([name, { inUse, held, waiters, halfOpen }]) => {
      return [name, { inUse, held, waiting: waiters.size, halfOpen }] as const;
    });
    return Object.fromEntries(entries);
  }

  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    clearInterval(this.#tick);
    const now = performance.now();
    const returned = [...this.#destinations.values()].map((destination) => {
      clearTimeout(destination.wake);
      for (const waiter of [...destination.waiters])
        this.#tell(destination, waiter, destination.busy(now, this.#random));
      return destination.held > 0 && this.#link.isWorthAsking(now) ? this.#ask(destination, 0) : Promise.resolve();
    });
    await Promise.all(returned);
    this.#link.close();
  }

  /** Called by a permit when its call has ended. */
  ended(destination: Destination, beganAt: number, health: CallHealth | undefined): void {
    destination.ended(performance.now(), beganAt, health);
    if (destination.owes) this.#settle(destination); // shrinks first, so that the next line cannot use it
    if (destination.waiters.size > 0) this.#serve(destination);
  }

  heard(word: string, detail: string, name: string): void {
    const destination = this.#destinations.get(name);
    if (!destination || detail === this.#holder) return; // who does not know it asks before the first call
    if (word === 'pause') destination.pause(performance.now(), Number(detail));
    else if (word === 'hungry') this.#news(destination, () => destination.held > 0);
    else if (word === 'free') this.#news(destination, () => destination.waiters.size > 0);
  }

  /** Talks to Redis if the news concerns us; in the middle of a talk that is known only at its end. */
  #news(destination: Destination, concernsUs: () => boolean): void {
    if (destination.settling) destination.afterTalk.push(concernsUs);
    else if (concernsUs()) this.#settle(destination);
  }

  lost(error: Error): void {
    this.#settings.onRedis?.('lost', error);
    for (const destination of this.#destinations.values()) this.#serve(destination);
  }

  back(): void {
    this.#settings.onRedis?.('back');
    for (const destination of this.#destinations.values()) this.#settle(destination);
  }

  #meet(name: string): Destination {
    const known = this.#destinations.get(name);
    if (known) return known;
    const destination = new Destination(name);
    this.#destinations.set(name, destination);
    return destination;
  }

  #wait(destination: Destination, patienceMs: number): Promise<Permit | Busy> {
    return new Promise((done) => {
      const lapse = (): void => {
        if (destination.waiters.has(waiter))
          this.#tell(destination, waiter, destination.busy(performance.now(), this.#random));
      };
      // After a stall of our own timers come before answers: what Redis said meanwhile is read first, and may be a permit.
      const waiter: Waiter = { done, timer: setTimeout(() => setImmediate(lapse), patienceMs) };
      destination.waiters.add(waiter);
      if (destination.isTooPoor(performance.now())) this.#settle(destination);
      // Also when it was not worth asking: what is in hand is given, and somebody comes back for the rest.
      this.#serve(destination);
    });
  }

  #tell(destination: Destination, waiter: Waiter, given: Permit | Busy): void {
    clearTimeout(waiter.timer);
    destination.waiters.delete(waiter);
    waiter.done(given);
  }

  /** Gives permits to those who wait, in order, and comes back for the rest. */
  #serve(destination: Destination): void {
    const now = performance.now();
    for (const waiter of destination.waiters) {
      if (!destination.take(now, this.#aloneDivisor())) break;
      this.#tell(destination, waiter, new GivenPermit(this, destination, now));
    }
    if (destination.waiters.size === 0 || destination.wake || this.#closed) return;
    destination.wake = setTimeout(() => {
      destination.wake = undefined;
      if (destination.isTooPoor(performance.now())) this.#settle(destination);
      this.#serve(destination);
    }, destination.lookAgainMs(now));
  }

  /** > 0 while decisions are made without Redis. */
  #aloneDivisor(): number {
    return this.#link.away ? (this.#settings.aloneDivisor ?? 4) : 0;
  }

  /** One talk with Redis at a time per destination; what changes meanwhile is seen at its end. */
  #settle(destination: Destination): void {
    const now = performance.now();
    if (!destination.settling && this.#link.isWorthAsking(now)) void this.#talk(destination, now);
  }

  async #talk(destination: Destination, now: number): Promise<void> {
    destination.settling = true;
    await this.#ask(destination, destination.wanted(now));
    destination.settling = false;
    if (this.#closed) return;
    this.#serve(destination);
    const news = destination.afterTalk.splice(0).some((concernsUs) => concernsUs());
    const later = performance.now();
    if (news || destination.owes || destination.isTooPoor(later)) this.#settle(destination);
  }

  async #ask(destination: Destination, wanted: number): Promise<void> {
    const askedAt = performance.now();
    const { want, keep } = destination.offer(askedAt, wanted);
    const tokenIntervalMs = destination.rate.intervalMs;
    const answer = await this.#link.settle({
      destination: destination.name,
      holder: this.#holder,
      concurrency: destination.concurrency,
      want,
      keep,
      leaseMs: this.#leaseMs,
      tokens: this.#closed ? 0 : destination.rate.wanted(askedAt, destination.waiters.size),
      tokenIntervalMs,
      tokensAheadMaxMs: Math.max(1_000, 2 * tokenIntervalMs),
    });
    if (!answer) return;
    destination.settled(askedAt, this.#leaseMs, want, answer);
    if (answer.tokens > 0 || answer.tokensInMs > 0)
      destination.rate.granted(performance.now(), answer.tokens, answer.tokensInMs);
  }

  #housekeeping(): void {
    const now = performance.now();
    if (now - this.#pingedAt >= this.#heartbeatMs) {
      this.#pingedAt = now;
      this.#link.ping();
    }
    for (const destination of this.#destinations.values()) {
      const sinceMs = now - destination.settledAt;
      const renew = sinceMs >= this.#heartbeatMs;
      const giveBack = sinceMs >= IDLE_MS / 2 && destination.isTooRich(now);
      if (destination.held > 0 && (renew || giveBack)) this.#settle(destination);
      else if (destination.isForgettable(now)) this.#destinations.delete(destination.name);
    }
  }
}

class GivenPermit implements Permit {
  readonly #limits: SharedLimits;
  readonly #destination: Destination;
  readonly #beganAt: number;
  #ended = false;

  constructor(limits: SharedLimits, destination: Destination, beganAt: number) {
    this.#limits = limits;
    this.#destination = destination;
    this.#beganAt = beganAt;
  }

  release(health?: CallHealth): void {
    if (this.#ended) return;
    this.#ended = true;
    this.#limits.ended(this.#destination, this.#beganAt, health);
  }
}
