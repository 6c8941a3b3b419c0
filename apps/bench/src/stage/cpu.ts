import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc: 100 on every Linux we know. */
const TICK_US = 10_000;

interface Stat {
  readonly parent: number;
  readonly ownUs: number;
  /** Of children that have ended and been collected. */
  readonly endedUs: number;
}

/** Which processes count together under a name: these, with or without all their descendants. */
export interface Group {
  readonly name: string;
  readonly roots: readonly number[];
  readonly take: 'itself' | 'children' | 'all';
}

/** CPU microseconds used so far, by group; undefined where there is no /proc. */
export function cpuUs(groups: readonly Group[]): Record<string, number> | undefined {
  const stats = allStats();
  if (!stats) return undefined;
  return Object.fromEntries(groups.map((group) => [group.name, sum(stats, group, ({ ownUs }) => ownUs, true)]));
}

/** CPU microseconds of every process there is; what ours did not use, others did. */
export function allCpuUs(): number {
  return [...(allStats() ?? new Map<number, Stat>()).values()].reduce((total, { ownUs }) => total + ownUs, 0);
}

/** Resident megabytes now, by group. */
export function residentMb(groups: readonly Group[]): Record<string, number> {
  const stats = allStats();
  if (!stats) return {};
  return Object.fromEntries(groups.map((group) => [group.name, sum(stats, group, (_, pid) => residentOf(pid), false)]));
}

function sum(
  stats: Map<number, Stat>,
  { roots, take }: Group,
  of: (stat: Stat, pid: number) => number,
  ended: boolean,
): number {
  let total = 0;
  for (const root of roots) {
    const stat = stats.get(root);
    if (!stat) continue;
    if (take !== 'children') total += of(stat, root);
    if (take === 'itself') continue;
    if (ended) total += stat.endedUs;
    for (const pid of descendants(stats, root)) {
      const child = stats.get(pid);
      if (child) total += of(child, pid) + (ended ? child.endedUs : 0);
    }
  }
  return total;
}

function descendants(stats: Map<number, Stat>, root: number): number[] {
  const children = [...stats].filter(([, { parent }]) => parent === root).map(([pid]) => pid);
  return children.flatMap((pid) => [pid, ...descendants(stats, pid)]);
}

function allStats(): Map<number, Stat> | undefined {
  if (process.platform !== 'linux') return undefined;
  const stats = new Map<number, Stat>();
  for (const name of readdirSync('/proc')) {
    if (!/^\d+$/.test(name)) continue;
    const text = read(`/proc/${name}/stat`);
    if (text === '') continue;
    // Behind the command's closing parenthesis: state, ppid, … utime is field 14, and so on.
    const fields = text
      .slice(text.lastIndexOf(')') + 2)
      .split(' ')
      .map(Number);
    const ticks = (at: number): number => (fields[at] ?? 0) * TICK_US;
    stats.set(Number(name), { parent: fields[1] ?? 0, ownUs: ticks(11) + ticks(12), endedUs: ticks(13) + ticks(14) });
  }
  return stats;
}

function residentOf(pid: number): number {
  return Number(/VmRSS:\s+(\d+)/.exec(read(`/proc/${pid}/status`))?.[1] ?? 0) / 1024;
}

function read(path: string): string {
  try {
    return readFileSync(path, 'utf8');
  } catch {
    return '';
  }
}
