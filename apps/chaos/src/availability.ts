import type { Ledger } from './ledger.ts';
import { isOk } from './readings.ts';

/** The share of POSTs of valid ops that were answered 2xx at the first try, while nothing was broken. */
export function availability(ledger: Ledger): { asked: number; share: number } {
  const valid = new Set(ledger.ops.filter(({ valid: ok }) => ok).map(({ n }) => n));
  const calm = ledger.attempts.filter(
    ({ at, op, body }) =>
      valid.has(op) &&
      body === 'own' &&
      !ledger.injections.some(({ fromMs, toMs }) => at >= fromMs - 1_000 && at <= toMs + 5_000),
  );
  return { asked: calm.length, share: calm.length === 0 ? NaN : calm.filter(isOk).length / calm.length };
}
