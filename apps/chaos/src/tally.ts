import type { Ledger } from './ledger.ts';
import { acceptedOps, byOp, finalOf } from './readings.ts';

/** Something that must have happened at least so often, else the campaign has proved little. */
export interface Sometimes {
  readonly what: string;
  readonly times: number;
  readonly wanted: number;
  /** Without one of these faults (`freeze worker-1`) it does not come about; undefined: it needs none. */
  readonly needs?: RegExp;
}

/** What the rows ask of a ledger. */
export function tallyOf(ledger: Ledger, long: boolean) {
  const { attempts, stories, pages, deliveries } = byOp(ledger);
  const accepted = acceptedOps(ledger);
  const finals = new Map(accepted.map((op) => [op.n, finalOf(ledger, op)?.state]));
  const finalState = (n: number): string | undefined => finals.get(n);
  const count = (of: readonly unknown[]): number => of.length;
  const wanted = (full: number): number => (long ? full : Math.max(1, Math.ceil(full / 20)));
  const perOp = (of: (n: number) => boolean): number => count(accepted.filter(({ n }) => of(n)));
  /** The most that one third party was told of one leg. */
  const tries = (n: number): number =>
    Math.max(0, ...(pages.get(n) ?? []).map((page) => count(page.requests.filter(({ method }) => method === 'POST'))));
  const entries = (n: number) => stories.get(n)?.entries ?? [];
  const late = (n: number): boolean =>
    (pages.get(n) ?? []).some(({ statuses }) => statuses.some(({ cause }) => cause === 'late'));
  const unknown = (n: number): boolean =>
    (attempts.get(n) ?? []).some(({ outcome }) => outcome === 'cut' || outcome === 'timeout');
  const injected = (...names: string[]): number =>
    count(
      ledger.injections.filter(({ fault, target }) => names.includes(`${fault} ${target}`) || names.includes(fault)),
    );
  const row = (what: string, times: number, full: number, needs?: RegExp): Sometimes => ({
    what,
    times,
    wanted: wanted(full),
    ...(needs === undefined ? {} : { needs }),
  });
  return {
    ledger,
    attempts,
    pages,
    deliveries,
    accepted,
    finalState,
    count,
    perOp,
    tries,
    entries,
    late,
    unknown,
    injected,
    row,
  };
}

export type Tally = ReturnType<typeof tallyOf>;
