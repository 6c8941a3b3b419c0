import { setTimeout as sleep } from 'node:timers/promises';
import type { Lease, Leases } from '@countersign/store';

/** A lease in our hands. `signal` ends before the lease does; so does `remainingMs`, whatever the wall clock says. */
export interface Held {
  readonly lease: () => Lease;
  readonly signal: AbortSignal;
  /** How long calls may still be begun and take: by the monotonic clock, which goes on while the process is stopped. */
  readonly remainingMs: () => number;
  /** We are shutting down: what is in flight is finished, nothing is begun. */
  readonly isClosing: () => boolean;
}

interface HoldOptions {
  readonly leases: Leases;
  readonly name: string;
  readonly owner: string;
  readonly leaseMs: number;
  readonly renewMs: number;
  readonly closing: AbortSignal;
  /** Closing has taken too long: what is in flight is given up. */
  readonly abandon: AbortSignal;
}

/** We stop so long before the end: what is on its way then is still ours. */
const marginOf = (leaseMs: number): number => Math.min(2_000, Math.ceil(leaseMs / 5));

/**
 * Takes a lease, does `work` while it is renewed, and gives it back. false: another holds it. The signal is aborted when the
 * lease is nearly over without a renewal, or when closing has taken too long; when we close `work` finishes what is in
 * flight and returns.
 */
export async function whileHeld(options: HoldOptions, work: (held: Held) => Promise<void>): Promise<boolean> {
  const { leases, name, owner, leaseMs, renewMs, closing, abandon } = options;
  let lease = await leases.take(name, owner, leaseMs);
  if (!lease) return false;
  const marginMs = marginOf(leaseMs);
  const lost = new AbortController();
  const over = AbortSignal.any([lost.signal, abandon]);
  const remainingMs = (): number => (over.aborted ? 0 : (lease?.endsAtMs ?? 0) - marginMs - performance.now());
  let alarm = setTimeout(() => lost.abort(), Math.max(0, remainingMs()));
  const done = new AbortController();
  const renewing = (async () => {
    while (!done.signal.aborted && !lost.signal.aborted) {
      await sleep(renewMs, undefined, { signal: done.signal }).catch(() => undefined);
      if (done.signal.aborted || !lease) return;
      // PostgreSQL away: tried again soon, and the alarm rings when that lasts too long.
      const renewed: Lease | 'away' | undefined = await leases.renew(lease, leaseMs).catch(() => 'away' as const);
      if (renewed === 'away')
        await sleep(Math.ceil(renewMs / 10), undefined, { signal: done.signal }).catch(() => undefined);
      else if (!renewed) lost.abort();
      else {
        lease = renewed;
        clearTimeout(alarm);
        alarm = setTimeout(() => lost.abort(), Math.max(0, remainingMs()));
      }
    }
  })();
  const current = (): Lease => lease ?? { name, owner, token: -1, endsAtMs: 0 };
  try {
    if (!closing.aborted) await work({ lease: current, signal: over, remainingMs, isClosing: () => closing.aborted });
  } finally {
    done.abort();
    clearTimeout(alarm);
    await renewing;
    await leases.release(current()).catch(() => undefined);
  }
  return true;
}
