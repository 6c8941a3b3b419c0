import type { Invariant } from '../invariant.ts';
import type { Growth, Ledger } from '../ledger.ts';
import { faultsAt } from '../readings.ts';

/** faults.md 6, column "pass". */
const REDIS_MORE_MB = 10;
const RETAINED_MB = 0.004;
const CONNECTIONS_MORE = 10;
const FILES_MORE = 10;
const IDLE_IN_TRANSACTION_MS = 5_000;
const MB_PER_MINUTE = 1;
/** A slope over less says nothing: heaps settle for minutes. */
const LONG_ENOUGH_MS = 10 * 60_000;

/** Once it is quiet, no more is held than at most in the first half; processes that lived long do not get fatter. */
export const invariant: Invariant = {
  id: 'I-21',
  title: 'nothing grows',
  check(ledger, findings) {
    const last = ledger.growth.at(-1);
    const early = ledger.growth.slice(0, Math.ceil(ledger.growth.length / 2));
    if (!last || early.length === 0) return;
    stores(ledger, early, last, findings);
    // Another build holds other things.
    if (ledger.deploys.length > 0) return;
    for (const [name, { pid, files }] of Object.entries(last.processes)) {
      if (name === 'simulator') continue;
      findings.checked();
      const before = most(early.map((one) => one.processes[name]?.files ?? 0));
      if (before > 0 && files > before + FILES_MORE)
        findings.broken(`${name} holds ${files} files; in the first half it held ${before} at most`);
      const slope = slopeOf(
        ledger.growth.filter((one) => one.processes[name]?.pid === pid),
        name,
      );
      if (slope !== undefined && slope > MB_PER_MINUTE)
        findings.broken(`${name} (pid ${pid}) grows by ${slope.toFixed(2)} MB a minute`);
    }
  },
};

const most = (of: readonly number[]): number => of.reduce((a, b) => Math.max(a, b), 0);

function stores(
  ledger: Ledger,
  early: readonly Growth[],
  last: Growth,
  findings: Parameters<Invariant['check']>[1],
): void {
  const room = REDIS_MORE_MB + ledger.ops.length * RETAINED_MB;
  const first = early.find(({ redisMb }) => redisMb !== null)?.redisMb;
  if (first !== undefined && first !== null && last.redisMb !== null) {
    findings.checked();
    if (last.redisMb > first + room)
      findings.broken(`Redis holds ${last.redisMb.toFixed(1)} MB; at the start it held ${first.toFixed(1)}`);
  }
  if (last.connections !== null && ledger.deploys.length === 0) {
    findings.checked();
    const before = most(early.map(({ connections }) => connections ?? 0));
    if (last.connections > before + CONNECTIONS_MORE)
      findings.broken(`PostgreSQL has ${last.connections} connections; in the first half it had ${before} at most`);
  }
  for (const { at, idleInTransactionMs } of ledger.growth) {
    if (idleInTransactionMs === null) continue;
    findings.checked();
    // Whoever is cut off or frozen in a transaction is ended by the server, which takes its time.
    const excused = faultsAt(ledger, at, ['postgres', 'worker', 'api'], 0, 60_000).length > 0;
    if (idleInTransactionMs > IDLE_IN_TRANSACTION_MS && !excused)
      findings.broken(`a session was idle in transaction for ${Math.round(idleInTransactionMs)} ms`, { at });
  }
}

/** MB per minute over the last half of a process's life (least squares); undefined while it is too short. */
function slopeOf(samples: readonly Growth[], name: string): number | undefined {
  const half = samples.slice(Math.floor(samples.length / 2));
  const [from, to] = [half[0]?.at ?? 0, half.at(-1)?.at ?? 0];
  if (to - from < LONG_ENOUGH_MS) return undefined;
  const points = half.map((one) => ({ x: (one.at - from) / 60_000, y: one.processes[name]?.mb ?? 0 }));
  const mean = (of: readonly number[]): number => of.reduce((a, b) => a + b, 0) / of.length;
  const [x, y] = [mean(points.map((p) => p.x)), mean(points.map((p) => p.y))];
  const sum = (of: (p: { x: number; y: number }) => number): number => points.reduce((total, p) => total + of(p), 0);
  return sum((p) => (p.x - x) * (p.y - y)) / sum((p) => (p.x - x) ** 2);
}
