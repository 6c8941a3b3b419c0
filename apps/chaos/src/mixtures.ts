import type { Attempt, Ledger } from './ledger.ts';
import { isOk } from './readings.ts';

/** Which builds served together, and what was accepted meanwhile. */
export interface Mixture {
  /** Of the API that took it. */
  readonly api: string;
  /** Of the workers, each once. */
  readonly workers: readonly string[];
  readonly accepted: number;
}

/** Every mixture of builds in which something was accepted; empty: there was one build only. */
export function mixtures(ledger: Ledger): Mixture[] {
  if (ledger.deploys.length === 0) return [];
  const found = new Map<string, { -readonly [K in keyof Mixture]: Mixture[K] }>();
  for (const attempt of ledger.attempts.filter(isOk)) {
    const mixture = mixtureAt(ledger, attempt);
    const key = JSON.stringify(mixture);
    const entry = found.get(key) ?? { ...mixture, accepted: 0 };
    entry.accepted += 1;
    found.set(key, entry);
  }
  return [...found.values()];
}

function mixtureAt(ledger: Ledger, { api, at }: Attempt): Omit<Mixture, 'accepted'> {
  const running = new Map<string, string>();
  for (const { process, release, at: since } of ledger.deploys) if (since <= at) running.set(process, release);
  const workers = [...running].filter(([name]) => name.startsWith('worker')).map(([, release]) => release);
  return { api: running.get(api) ?? '', workers: [...new Set(workers)].sort() };
}

/** Accepted by one build when every worker was of the other: what a deploy must survive whichever goes first. */
export function acceptedForOthers(ledger: Ledger, api: string): number {
  return mixtures(ledger)
    .filter((one) => one.api === api && !one.workers.includes(api))
    .reduce((sum, { accepted }) => sum + accepted, 0);
}
