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
  const { leases, name, owner, leaseMs, closing, abandon } = options;
  const taken = await leases.take(name, owner, leaseMs);
  if (!taken) return false;
  const watch = watchLease(taken, leaseMs);
  const signal = AbortSignal.any([watch.lost, abandon]);
  const remainingMs = (): number => (signal.aborted ? 0 : watch.leftMs());
  const done = new AbortController();
  const renewing = keepRenewed(options, watch, done.signal);
  try {
    if (!closing.aborted) await work({ lease: watch.lease, signal, remainingMs, isClosing: () => closing.aborted });
  } finally {
    done.abort();
    watch.stop();
    await renewing;
    await leases.release(watch.lease()).catch(() => undefined);
  }
  return true;
}

interface LeaseWatch {
  readonly lease: () => Lease;
  readonly leftMs: () => number;
  readonly lost: AbortSignal;
  /** undefined: it is another's. */
  readonly renewed: (lease: Lease | undefined) => void;
  readonly stop: () => void;
}

/** The lease as it stands, and an alarm that rings before it is over. */
function watchLease(first: Lease, leaseMs: number): LeaseWatch {
  const marginMs = marginOf(leaseMs);
  const lost = new AbortController();
  let lease = first;
  const leftMs = (): number => lease.endsAtMs - marginMs - performance.now();
  const wind = (): NodeJS.Timeout => setTimeout(() => lost.abort(), Math.max(0, leftMs()));
  let alarm = wind();
  return {
    lease: () => lease,
    leftMs,
    lost: lost.signal,
    renewed(next) {
      if (!next) return lost.abort();
      clearTimeout(alarm);
      lease = next;
      alarm = wind();
    },
    stop: () => clearTimeout(alarm),
  };
}

/** Renews until done or lost. PostgreSQL away: tried again soon, and the alarm rings when that lasts too long. */
async function keepRenewed({ leases, leaseMs, renewMs }: HoldOptions, watch: LeaseWatch, done: AbortSignal) {
  let waitMs = renewMs;
  for (;;) {
    await sleep(waitMs, undefined, { signal: done }).catch(() => undefined);
    if (done.aborted || watch.lost.aborted) return;
    try {
      watch.renewed(await leases.renew(watch.lease(), leaseMs));
      waitMs = renewMs;
    } catch {
      waitMs = Math.ceil(renewMs / 10);
    }
  }
}
