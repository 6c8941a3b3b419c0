import type { Invariant } from '../invariant.ts';
import { acceptedOps, byOp } from '../readings.ts';

/** Such an attempt cannot have arrived; one that timed out or was reset may have, whatever the letterbox answered. */
const NEVER_LEFT = /not sent|refused|dns|blocked/i;

/** What the letterbox saw stands in the timeline, but for attempts whose end was cut off by a fault. */
export const invariant: Invariant = {
  id: 'I-28',
  title: 'delivery log equals the sink’s log',
  check(ledger, findings) {
    const { deliveries, stories } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      const seen = deliveries.get(op.n) ?? [];
      const told = (stories.get(op.n)?.entries ?? []).filter(({ type }) => type === 'callback');
      if (seen.length === 0 && told.length === 0) continue;
      findings.checked();
      const taken = told.filter(({ statusCode }) => statusCode !== undefined && statusCode < 300);
      for (const { requestId = '?', at } of taken) {
        if (!seen.some(({ webhookId }) => webhookId === requestId))
          findings.broken(
            `${op.id}: the timeline says ${requestId} was delivered at ${at}; the letterbox saw nothing`,
            { op: op.n },
          );
      }
      // One attempt may be lost to a kill between the post and its note; several of the same id may not.
      const lost =
        seen.length -
        told.filter(({ statusCode, error = '' }) => statusCode !== undefined || !NEVER_LEFT.test(error)).length;
      const excuse = ledger.injections.filter(
        ({ fromMs, toMs, touches }) =>
          seen.some(({ at }) => at >= fromMs - 3_000 && at <= toMs + 12_000) && touches.some((one) => one !== 'api'),
      ).length;
      const silent = seen.filter(({ answered }) => answered === 'silence').length;
      if (lost > excuse + silent)
        findings.broken(`${op.id}: the letterbox saw ${seen.length} attempts, the timeline has ${told.length}`, {
          op: op.n,
        });
    }
  },
};
