import { allCpuUs, cpuUs, residentMb, type Group } from './cpu.ts';

const SAMPLE_EVERY_MS = 250;

/** What a stretch of work cost, by group of processes. */
export interface Cost {
  readonly seconds: number;
  /** CPU microseconds; undefined where the system does not tell. */
  readonly cpuUs: Record<string, number> | undefined;
  readonly peakMb: Record<string, number>;
  /** Cores that processes outside the benchmark used meanwhile, those that ended in between not counted. */
  readonly othersCores: number;
}

/** Begins to count; the function returned ends it. */
export function meter(groups: readonly Group[]): () => Cost {
  const before = cpuUs(groups);
  const allBefore = allCpuUs();
  const began = performance.now();
  const peakMb: Record<string, number> = {};
  const sample = (): void => {
    for (const [name, mb] of Object.entries(residentMb(groups))) peakMb[name] = Math.max(peakMb[name] ?? 0, mb);
  };
  sample();
  const timer = setInterval(sample, SAMPLE_EVERY_MS);
  return () => {
    clearInterval(timer);
    sample();
    const after = cpuUs(groups);
    const used =
      before &&
      after &&
      Object.fromEntries(Object.keys(after).map((name) => [name, (after[name] ?? 0) - (before[name] ?? 0)]));
    const seconds = (performance.now() - began) / 1_000;
    const ours = Object.values(used ?? {}).reduce((sum, us) => sum + us, 0);
    return { seconds, cpuUs: used, peakMb, othersCores: Math.max(0, allCpuUs() - allBefore - ours) / (seconds * 1e6) };
  };
}
