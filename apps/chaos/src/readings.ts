import { availableParallelism } from 'node:os';
import type { Attempt, Delivery, Injection, Ledger, Op, Page, Reading, Story, Touched } from './ledger.ts';

/** Questions that several invariants ask of a ledger. */

export const isFinal = (state: string | undefined | null): boolean => state === 'COMPLETED' || state === 'FAILED';

/** A 2xx, or a 409 that names what the first try of this key made. */
export const isOk = ({ status, names }: { status?: number | null; names?: boolean }): boolean =>
  names === true || (status !== undefined && status !== null && status >= 200 && status < 300);

/** The ledger by op, made once per check. */
export interface ByOp {
  readonly attempts: ReadonlyMap<number, readonly Attempt[]>;
  readonly readings: ReadonlyMap<number, readonly Reading[]>;
  readonly deliveries: ReadonlyMap<number, readonly Delivery[]>;
  readonly stories: ReadonlyMap<number, Story>;
  /** Pages of all third parties' books. */
  readonly pages: ReadonlyMap<number, readonly Page[]>;
  /** How often each stands in the lists. */
  readonly listed: ReadonlyMap<number, number>;
}

const made = new WeakMap<Ledger, ByOp>();

/** @param ledger complete: what is added later is not seen. */
export function byOp(ledger: Ledger): ByOp {
  const known = made.get(ledger);
  if (known) return known;
  const index: ByOp = {
    attempts: grouped(ledger.attempts, ({ op }) => op),
    readings: grouped(ledger.readings, ({ op }) => op),
    deliveries: grouped(ledger.deliveries, ({ op }) => op ?? undefined),
    stories: new Map(ledger.stories.map((story) => [story.op, story])),
    pages: grouped(ledger.books, ({ op }) => op ?? undefined),
    listed: timesListed(ledger),
  };
  made.set(ledger, index);
  return index;
}

function timesListed({ listings }: Ledger): Map<number, number> {
  const times = new Map<number, number>();
  for (const { op } of listings.flatMap(({ items }) => items)) if (op !== null) times.set(op, (times.get(op) ?? 0) + 1);
  return times;
}

function grouped<T>(of: readonly T[], key: (one: T) => number | undefined): Map<number, T[]> {
  const groups = new Map<number, T[]>();
  for (const one of of) {
    const at = key(one);
    if (at === undefined) continue;
    const group = groups.get(at);
    if (group) group.push(one);
    else groups.set(at, [one]);
  }
  return groups;
}

/** Ops with at least one 2xx to their own body. */
export function acceptedOps(ledger: Ledger): Op[] {
  const accepted = new Set(
    ledger.attempts.filter((attempt) => isOk(attempt) && attempt.body === 'own').map(({ op }) => op),
  );
  return ledger.ops.filter(({ n }) => accepted.has(n));
}

/** Those, and who was never answered and stands in a list all the same: they are to end like any other. */
export function livingOps(ledger: Ledger): Op[] {
  const accepted = new Set(acceptedOps(ledger));
  const { listed } = byOp(ledger);
  return ledger.ops.filter((op) => accepted.has(op) || (op.valid && listed.has(op.n)));
}

/** The last answered reading after the healing. */
export function finalOf(ledger: Ledger, op: Op): Reading | undefined {
  const known = made.get(ledger);
  const readings = known ? (known.readings.get(op.n) ?? []) : ledger.readings.filter((one) => one.op === op.n);
  return readings.findLast(({ why, status }) => why === 'final' && status !== null);
}

/** Injections that touch one of these and were active at that time, give or take. */
export function faultsAt(
  ledger: Ledger,
  at: number,
  touches: readonly Touched[],
  beforeMs: number,
  afterMs: number,
): Injection[] {
  return ledger.injections.filter(
    (one) =>
      one.touches.some((touched) => touches.includes(touched)) &&
      at >= one.fromMs - beforeMs &&
      at <= one.toMs + Math.max(afterMs, one.graceMs),
  );
}

/** Above this timings say nothing about the product (faults.md 6). */
export const OTHERS_MOST_CORES = 0.3;

/** Cores that processes outside the campaign used on average in that time; 0 where the system does not tell. */
export function othersDuring(ledger: Ledger, fromMs: number, toMs: number): number {
  const samples = ledger.cpu.filter(({ at }) => at >= fromMs && at <= toMs + 1_000);
  return samples.length === 0
    ? 0
    : samples.reduce((sum, { cores }) => sum + (cores['others'] ?? 0), 0) / samples.length;
}

/** What others have left of the machine in the last seconds: 0 to 1. What they may use without voiding a timing is not counted. */
export function shareOfMachine(ledger: Ledger): number {
  const others = othersDuring(ledger, Date.now() - 5_000, Date.now());
  return others <= OTHERS_MOST_CORES ? 1 : Math.max(0, 1 - others / availableParallelism());
}
