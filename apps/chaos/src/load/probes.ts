import type { Ledger, Probe } from '../ledger.ts';

const EVERY_MS = 250;
/** Longer than this is no answer to a supervisor. */
const PATIENCE_MS = 2_000;

/** Asks every process whether it lives and is ready, as an orchestrator does, and writes the answers down. */
export function startProbes(ledger: Ledger, processes: readonly { name: string; url: string }[]): { stop(): void } {
  const ask = async (name: string, url: string, what: Probe['what']): Promise<void> => {
    const at = Date.now();
    const status = await fetch(`${url}/health/${what}`, { signal: AbortSignal.timeout(PATIENCE_MS) }).then(
      async (answer) => (await answer.arrayBuffer(), answer.status),
      () => null,
    );
    ledger.probes.push({ at, ms: Date.now() - at, process: name, what, status });
  };
  const timer = setInterval(() => {
    for (const { name, url } of processes) {
      void ask(name, url, 'live');
      void ask(name, url, 'ready');
    }
  }, EVERY_MS);
  return { stop: () => clearInterval(timer) };
}
