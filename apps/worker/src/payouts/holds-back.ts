import type { Plan } from '@countersign/flow';
import type { Leases } from '@countersign/store';
import { SHARD_LEASES } from './office.ts';

/** One look in the database answers for all visits of this long. */
const REMEMBERED_MS = 250;

/**
 * Payouts go back to their queue, without costing an attempt, until some replica is ready and holds a shard (seed 000). A shard is
 * only ever held by a replica that is ready.
 */
export function createHoldsBack(
  leases: Pick<Leases, 'held'>,
  againMs: number,
): (plan: Plan) => Promise<number | undefined> {
  let asked: { readonly atMs: number; readonly held: Promise<number> } | undefined;
  return async (plan) => {
    if (plan.registers !== 'elsewhere') return undefined;
    if (!asked || performance.now() - asked.atMs > REMEMBERED_MS) {
      asked = { atMs: performance.now(), held: leases.held(SHARD_LEASES) };
      asked.held.catch(() => (asked = undefined));
    }
    return (await asked.held) > 0 ? undefined : againMs;
  };
}
