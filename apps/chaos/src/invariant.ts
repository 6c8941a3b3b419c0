import { readdirSync } from 'node:fs';
import type { Ledger } from './ledger.ts';

/** One thing that must hold, whatever was broken. */
export interface Invariant {
  readonly id: string;
  readonly title: string;
  /** Without one of these faults (`kill postgres`) there may be nothing to look at; undefined: it needs none. */
  readonly needs?: RegExp;
  check(ledger: Ledger, findings: Findings): void;
}

/** What an invariant says while it looks. */
export interface Findings {
  /** One more case was looked at; a campaign that looked at none has proved nothing. */
  checked(times?: number): void;
  /** A timing was not judged, because others used the machine (faults.md 6). It does not count as checked. */
  voided(): void;
  /** It does not hold. `op`: whose story tells how it came. */
  broken(what: string, about?: { op?: number; at?: number }): void;
}

export interface Violation {
  readonly id: string;
  readonly what: string;
  readonly op: number | undefined;
  readonly at: number | undefined;
}

export interface Verdict {
  readonly id: string;
  readonly title: string;
  readonly needs?: RegExp | undefined;
  readonly checked: number;
  readonly voided: number;
  readonly violations: readonly Violation[];
}

/** Every invariant there is a file for, in the order of their names. */
export async function discoverInvariants(): Promise<Invariant[]> {
  const folder = new URL('./invariants/', import.meta.url);
  const found: Invariant[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    // What every file of this folder exports; a missing one fails here by its name.
    const { invariant } = (await import(new URL(file, folder).href)) as { invariant?: Invariant };
    if (!invariant) throw new Error(`invariants/${file} exports no invariant`);
    found.push(invariant);
  }
  return found;
}

/** Looks at a finished ledger. Pure: the same ledger gives the same verdicts. */
export function judge(ledger: Ledger, invariants: readonly Invariant[]): Verdict[] {
  return invariants.map(({ id, title, needs, check }) => {
    let [checked, voided] = [0, 0];
    const violations: Violation[] = [];
    check(ledger, {
      checked: (times = 1) => void (checked += times),
      voided: () => void (voided += 1),
      broken: (what, { op, at } = {}) => void violations.push({ id, what, op, at }),
    });
    return { id, title, needs, checked, voided, violations };
  });
}
