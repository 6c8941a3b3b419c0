import { readdirSync } from 'node:fs';
import type { Touched } from './ledger.ts';
import type { Random } from './random.ts';
import type { Stage } from './stage/stage.ts';

/** How soon the house must serve again, counted from the healing (faults.md 6, column "pass"). */
export interface Bounds {
  /** The first 202 of a client that retries. */
  readonly acceptMs: number;
  /** The first new submission that has lived its whole life, callback included. */
  readonly lifeMs: number;
}

/** A fault that has been injected. */
export interface Injected {
  /** Who was hit. */
  readonly pids?: readonly number[];
  readonly note?: string;
  /** Undoes it, and may say what it came to. Where it heals by itself (a killed process is started again) this waits until it has. */
  heal(): string | void | Promise<string | void>;
}

/** One file of `faults/` exports one of these as `fault`. */
export interface Fault {
  readonly name: string;
  /** Whom it can hit here; empty: not on this machine. */
  targets(stage: Stage): readonly string[];
  touches(target: string): readonly Touched[];
  bounds(target: string): Bounds;
  /** How long it is held, in ms. */
  readonly holdMs: readonly [number, number];
  inject(stage: Stage, target: string, random: Random, notes: Notes): Promise<Injected>;
}

/** What a fault may write down besides. */
export interface Notes {
  stopped(process: string, atMs: number, tookMs: number | null): void;
  /** From now on it runs this release. */
  deployed(process: string, release: string, atMs: number): void;
}

/** Every fault there is a file for. */
export async function discoverFaults(): Promise<Fault[]> {
  const folder = new URL('./faults/', import.meta.url);
  const found: Fault[] = [];
  for (const file of readdirSync(folder).sort()) {
    if (!file.endsWith('.ts') || file.endsWith('.test.ts')) continue;
    // What every file of this folder exports; a missing one fails here by its name.
    const { fault } = (await import(new URL(file, folder).href)) as { fault?: Fault };
    if (!fault) throw new Error(`faults/${file} exports no fault`);
    found.push(fault);
  }
  return found;
}

/** What a process's trouble touches: a store, or everything of its app. */
export function touchedByProcess(target: string): readonly Touched[] {
  if (target === 'redis' || target === 'postgres') return [target];
  return [target.startsWith('api') ? 'api' : 'worker'];
}

/** How soon the house must serve again after a process had trouble: at once, unless it was the one store without which nothing is accepted. */
export function boundsOfProcess(target: string): Bounds {
  return { acceptMs: target === 'postgres' ? 5_000 : 1_000, lifeMs: 15_000 };
}

/** What a link's trouble touches: whoever sits at its ends. */
export function touchedBy(link: string): readonly Touched[] {
  if (link === 'third-parties' || link === 'webhooks') return ['third-parties'];
  if (link === 'letterbox') return ['letterbox'];
  if (link.startsWith('clients')) return ['api'];
  return [link.endsWith('redis') ? 'redis' : 'postgres'];
}
