import type { PollPolicy, RetryPolicy } from '@countersign/flow';

/** One third party's settings, as `PROVIDER_<NAME>_…` gives them. Durations in milliseconds. */
export interface ProviderSettings {
  /** Base URL; a path in it is kept. */
  readonly url: string;
  readonly apiKey?: string;
  readonly timeoutMs: number;
  readonly retry: RetryPolicy;
  readonly poll: PollPolicy;
  /** Calls at once and per second, per destination, over all replicas; no rate = unlimited. */
  readonly concurrency: number;
  readonly ratePerSecond?: number;
}
