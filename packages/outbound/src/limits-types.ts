/** What one destination bears, counted over all replicas. */
export interface DestinationRules {
  /** Calls in flight at once. At least 1. */
  readonly concurrency: number;
  /** Calls begun per second; undefined: as many as concurrency allows. Fractions are fine (0.5 is one in two seconds). */
  readonly ratePerSecond?: number | undefined;
}

export interface AcquireRules extends DestinationRules {
  /** How long to wait for a permit here before being told to come back. 0: decide at once. */
  readonly patienceMs: number;
}

/** How a call ended, as far as the destination's health goes: `silent` is a time-out or a connection that could not be had or broke. */
export type CallHealth = 'answered' | 'silent';

/** The right to make one call. */
export interface Permit {
  /** Must be called once the call has ended, whatever its end; a second time does nothing. Without health the call says nothing about it. */
  release(health?: CallHealth): void;
}

/** No permit within the patience: park the job for this long (a jittered guess, never shorter than a known pause). */
export interface Busy {
  readonly busyForMs: number;
}

/** Concurrency, rate and pauses per destination, shared by all replicas that use the same Redis and prefix. */
export interface Limits {
  /**
   * A permit, at once (not a promise) when this process has one in hand, else within `patienceMs` one way or the other, also while
   * Redis is away. `destination` is any text that names whom we call: a provider's name, a callback's origin.
   */
  acquire(destination: string, rules: AcquireRules): Permit | Busy | Promise<Permit | Busy>;
  /** Nobody, on any replica, gets a permit for `destination` before `ms` have passed (`Retry-After`). Never shortens a pause. */
  pause(destination: string, ms: number): void;
  /** For metrics and tests: calls in flight, permits borrowed, and waiting callers of this process by destination. */
  snapshot(): Readonly<Record<string, { inUse: number; held: number; waiting: number; halfOpen: boolean }>>;
  /** Gives everything back and closes the connections; waiting callers are told they are busy. */
  close(): Promise<void>;
}

/** What `acquire` gave: a permit, or not. */
export function isPermit(given: Permit | Busy): given is Permit {
  return 'release' in given;
}
