import { DestinationRate } from './destination-rate.ts';
import type { AcquireRules, Busy, CallHealth, Permit } from './limits-types.ts';
import type { SettleAnswer } from './limits-script.ts';

/** So many silent calls in a row and a destination counts as dead until it answers once. */
const SILENT_CALLS_TO_HALF_OPEN = 5;
/** Permits nobody used for this long go back. */
export const IDLE_MS = 1_000;
const ASK_AGAIN_MS = 100;

/** A caller that waits for a permit. */
export interface Waiter {
  readonly done: (given: Permit | Busy) => void;
  readonly timer: NodeJS.Timeout;
}

/**
 * What one process knows and holds of one destination: permits borrowed, calls in flight, tokens, pauses, waiting callers. Pure
 * bookkeeping, without Redis or timers; `Limits` does the talking. Times are `performance.now()`.
 */
export class Destination {
  readonly name: string;
  readonly rate = new DestinationRate();
  readonly waiters = new Set<Waiter>();
  concurrency = 1;
  held = 0;
  inUse = 0;
  leaseEndsAt = 0;
  settledAt = 0;
  settling = false;
  /** News heard while Redis was being asked: whether each concerns us. */
  readonly afterTalk: (() => boolean)[] = [];
  /** Comes back for those who wait. */
  wake: NodeJS.Timeout | undefined;
  #cap = Infinity;
  #members = 1;
  #pausedUntil = 0;
  #silent = 0;
  /** When the first of the silent calls in a row had ended. */
  #silentSince = 0;
  #usedAt = 0;
  #peak = 0;
  #peakAt = 0;
  #holdMs = 100;
  #starvedUntil = 0;

  constructor(name: string) {
    this.name = name;
  }

  adopt(rules: AcquireRules): void {
    this.concurrency = Math.max(1, Math.floor(rules.concurrency));
    this.rate.perSecond = rules.ratePerSecond ?? 0;
  }

  /** Takes a permit if one may be used now. `aloneDivisor` > 0: Redis is away, decide alone for that part of the limits. */
  take(now: number, aloneDivisor: number): boolean {
    if (now < this.#pausedUntil || this.inUse >= this.usable(now, aloneDivisor)) return false;
    const mayBegin = aloneDivisor > 0 ? this.rate.takeAlone(now, aloneDivisor) : this.rate.take(now);
    if (!mayBegin) return false;
    this.inUse += 1;
    this.#usedAt = now;
    if (this.inUse > this.#peak) this.#peak = this.inUse;
    return true;
  }

  /** Calls that may be in flight from here. */
  usable(now: number, aloneDivisor: number): number {
    const leased = now < this.leaseEndsAt ? this.held : 0;
    const alone = Math.max(1, Math.floor(this.concurrency / Math.max(aloneDivisor, this.#members)));
    const permits = aloneDivisor > 0 && leased === 0 ? alone : leased;
    return this.halfOpen ? Math.min(permits, 1) : permits;
  }

  get halfOpen(): boolean {
    return this.#silent >= SILENT_CALLS_TO_HALF_OPEN;
  }

  /** Books the end of a call. */
  ended(now: number, beganAt: number, health: CallHealth | undefined): void {
    this.inUse -= 1;
    this.#usedAt = now;
    this.#holdMs += (now - beganAt - this.#holdMs) / 8;
    if (health === 'silent' && (this.#silent += 1) === 1) this.#silentSince = now;
    if (health === 'answered') this.#silent = 0;
  }

  pausedForMs(now: number): number {
    return Math.max(this.#pausedUntil - now, 0);
  }

  pause(now: number, ms: number): void {
    this.#pausedUntil = Math.max(this.#pausedUntil, now + ms);
  }

  /** Permits to hold from now on: in blocks, so that Redis is asked rarely; none when idle, one when half-open. */
  wanted(now: number): number {
    if (now - this.#peakAt >= IDLE_MS) {
      this.#peak = this.inUse;
      this.#peakAt = now;
    }
    const need = Math.max(this.inUse + this.waiters.size, this.#peak);
    if (need === 0 && now - this.#usedAt >= IDLE_MS) return 0;
    if (this.halfOpen) return 1;
    const block = Math.min(16, Math.ceil(this.concurrency / 8));
    return Math.min(this.concurrency, Math.max(1, Math.ceil(need / block)) * block);
  }

  /** True when a call just ended and its permit belongs to a hungry neighbour. */
  get owes(): boolean {
    return this.held > this.inUse && this.held > this.#cap;
  }

  /** True when idle permits should go back. */
  isTooRich(now: number): boolean {
    return this.waiters.size === 0 && this.held > Math.max(this.inUse, this.wanted(now));
  }

  /** True when Redis may have what the callers here lack. */
  isTooPoor(now: number): boolean {
    if (this.rate.wanted(now, this.waiters.size) > 0) return true;
    if (now < this.#starvedUntil || now < this.#pausedUntil) return false;
    return now >= this.leaseEndsAt || this.held < Math.min(this.inUse + this.waiters.size, this.wanted(now));
  }

  /**
   * What to say to Redis now: `keep` is what may be used until the answer comes, and from here on no more than that is used, because
   * Redis may give the rest away. After the end of the lease others may have all but what is in flight.
   */
  offer(now: number, want: number): { readonly want: number; readonly keep: number } {
    const leased = now < this.leaseEndsAt ? this.held : 0;
    this.held = Math.max(this.inUse, Math.min(leased, want, this.#cap));
    return { want: Math.max(want, this.held), keep: this.held };
  }

  /** Books what Redis answered to an offer made at `askedAt`: the lease runs from there, so ours never outlives Redis'. */
  settled(askedAt: number, leaseMs: number, want: number, answer: SettleAnswer): void {
    this.held = answer.held;
    this.#cap = answer.cap;
    this.#members = answer.members;
    this.leaseEndsAt = askedAt + leaseMs;
    this.settledAt = askedAt;
    // Nothing free: a message says when there is; without one it is worth asking again after a while.
    this.#starvedUntil = answer.held < want ? askedAt + ASK_AGAIN_MS : 0;
    if (answer.pausedForMs > 0) this.pause(performance.now(), answer.pausedForMs);
  }

  /** Time until it is worth looking again for those who wait. */
  lookAgainMs(now: number): number {
    const known = Math.max(this.pausedForMs(now), this.rate.waitMs(now));
    return Math.min(Math.ceil(known || ASK_AGAIN_MS), 1_000);
  }

  /** Nothing held, nobody waiting, nothing to remember: can be forgotten. */
  isForgettable(now: number): boolean {
    const idle = this.held === 0 && this.inUse === 0 && this.waiters.size === 0 && !this.settling;
    return idle && now >= this.#pausedUntil && now - this.#usedAt > (this.halfOpen ? 60_000 : IDLE_MS);
  }

  /** A guess when it is worth coming back, spread so that the parked do not come back together. */
  busy(now: number, random: () => number): Busy {
    const paused = this.pausedForMs(now);
    const queue = ((this.waiters.size + 1) * this.#holdMs) / Math.max(1, this.held);
    const turn = Math.max(queue, this.rate.waitMs(now) + this.waiters.size * this.rate.intervalMs);
    // A dead destination is tried by one call at a time, and the others come back after as long again as it has been silent.
    // Not by their place in the line: 20 behind one call that times out after a second make 21 s, and they would stay away
    // when it answers again. Sixteen seconds are 60 askers a second for each 1,000 that wait.
    const guess = this.halfOpen
      ? Math.min(Math.max(now - this.#silentSince, 500), 16_000)
      : Math.min(Math.max(turn, 50), 5_000);
    return { busyForMs: Math.ceil(paused * (1 + random() / 5) + guess * (0.5 + random())) };
  }
}
