import type { Invariant } from '../invariant.ts';
import type { Injection, Ledger, Probe } from '../ledger.ts';
import { faultsAt, OTHERS_MOST_CORES, othersDuring } from '../readings.ts';

const WITHIN_MS = 5_000;
const touchesDoor = (process: string): boolean => process.startsWith('api');

/** A door whose PostgreSQL is away says so within 5 s, and is ready within 5 s of its return; whoever is left alone lives. */
export const invariant: Invariant = {
  id: 'I-24',
  title: 'readiness is true',
  check(ledger, findings) {
    const doors = [...new Set(ledger.probes.map(({ process }) => process))].filter(touchesDoor);
    for (const injection of ledger.injections) {
      const away =
        injection.touches.includes('postgres') &&
        ['cut', 'freeze'].includes(injection.fault) &&
        !injection.target.startsWith('worker');
      if (away) for (const door of doors) checkAway(ledger, injection, door, findings);
    }
    for (const probe of ledger.probes) {
      if (probe.what !== 'live') continue;
      const excused = faultsAt(ledger, probe.at, ['api', 'worker'], 2_500, WITHIN_MS).some(
        ({ target }) => target === probe.process || target === 'sandbox',
      );
      const isStarved = othersDuring(ledger, probe.at, probe.at + probe.ms) > OTHERS_MOST_CORES;
      const isMissing = probe.status !== 200 && !excused;
      // Only no answer in time is a matter of time; a wrong one counts on any machine.
      if (isMissing && probe.status === null && isStarved) {
        findings.voided();
        continue;
      }
      findings.checked();
      if (isMissing)
        findings.broken(
          `${probe.process} did not say it lives (${probe.status ?? 'no answer'} after ${probe.ms} ms) and was left alone`,
          { at: probe.at },
        );
    }
  },
};

function checkAway(
  ledger: Ledger,
  { fault, target, fromMs, toMs }: Injection,
  door: string,
  findings: Parameters<Invariant['check']>[1],
): void {
  const mine = (from: number, to: number): Probe[] =>
    ledger.probes.filter(({ process, what, at }) => process === door && what === 'ready' && at >= from && at <= to);
  const others = ledger.injections.some(
    (one) =>
      one.fromMs < toMs + WITHIN_MS &&
      one.toMs > fromMs &&
      one.fromMs !== fromMs &&
      (one.touches.includes('postgres') || one.touches.includes('api')),
  );
  if (others) return;
  findings.checked();
  const blind = mine(fromMs + WITHIN_MS, toMs).find(({ status }) => status === 200);
  if (blind)
    findings.broken(`${door} said it was ready ${blind.at - fromMs} ms into ${fault} ${target}`, { at: blind.at });
  const late = mine(toMs + WITHIN_MS, toMs + 2 * WITHIN_MS);
  const nextFault =
    ledger.injections.find(
      (one) => one.fromMs > toMs && (one.touches.includes('postgres') || one.touches.includes('api')),
    )?.fromMs ?? Infinity;
  const never = late.filter(({ at }) => at < nextFault);
  if (never.length > 0 && never.every(({ status }) => status !== 200))
    findings.broken(`${door} was not ready ${WITHIN_MS} ms after ${fault} ${target} was over`, { at: toMs });
}
