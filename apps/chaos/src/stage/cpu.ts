import { readdirSync, readFileSync } from 'node:fs';

/** Clock ticks per second in /proc: 100 on every Linux we know. */
const TICK_MS = 10;
const EVERY_MS = 1_000;

/** Cores used in one second, by name; `others`: by processes that are none of ours. */
export interface CpuSample {
  readonly at: number;
  readonly cores: Readonly<Record<string, number>>;
}

/** Samples who uses the processors; nothing where there is no /proc. `roots`: who counts with all descendants under that name. */
export function sampleCpu(samples: CpuSample[], roots: () => Readonly<Record<string, number>>): { stop(): void } {
  if (process.platform !== 'linux') return { stop: () => undefined };
  let before = ticks();
  let beforeMs = performance.now();
  const timer = setInterval(() => {
    const now = ticks();
    const ms = performance.now() - beforeMs;
    const names = new Map(Object.entries(roots()).map(([name, pid]) => [pid, name]));
    const cores: Record<string, number> = {};
    for (const [pid, { used }] of now) {
      const usedMs = (used - (before.get(pid)?.used ?? used)) * TICK_MS;
      if (usedMs <= 0) continue;
      const name = nameOf(pid, now, names);
      cores[name] = (cores[name] ?? 0) + usedMs / ms;
    }
    samples.push({ at: Date.now(), cores });
    [before, beforeMs] = [now, performance.now()];
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}

/** The nearest ancestor with a name; a child of a worker is its sandbox. */
function nameOf(
  pid: number,
  all: Map<number, { parent: number; used: number }>,
  names: ReadonlyMap<number, string>,
): string {
  for (let at = pid, depth = 0; at > 1; at = all.get(at)?.parent ?? 0, depth += 1) {
    const name = names.get(at);
    if (name !== undefined) return depth > 0 && name.startsWith('worker') ? name.replace('worker', 'sandbox') : name;
  }
  return 'others';
}

function ticks(): Map<number, { parent: number; used: number }> {
  const found = new Map<number, { parent: number; used: number }>();
  for (const pid of readdirSync('/proc')) {
    if (!/^\d+$/.test(pid)) continue;
    try {
      const stat = readFileSync(`/proc/${pid}/stat`, 'utf8');
      // Behind the command's closing parenthesis: state, parent, … utime is field 14, stime 15.
      const fields = stat
        .slice(stat.lastIndexOf(')') + 2)
        .split(' ')
        .map(Number);
      found.set(Number(pid), { parent: fields[1] ?? 0, used: (fields[11] ?? 0) + (fields[12] ?? 0) });
    } catch {
      // It has ended while we looked.
      continue;
    }
  }
  return found;
}
