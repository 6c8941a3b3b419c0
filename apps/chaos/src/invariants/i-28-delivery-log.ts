import type { Invariant } from '../invariant.ts';
import type { Delivery, TimelineEntry } from '../ledger.ts';
import { acceptedOps, byOp, faultsAt } from '../readings.ts';

/** Such an attempt cannot have arrived; one that timed out or was reset may have, whatever the letterbox answered. */
const NEVER_LEFT = /not sent|refused|dns|blocked/i;
/** From a callback's arrival to its line in the timeline: its time-out (1.5 s), and the commit. Whoever is struck in between loses the line. */
const NOTED_WITHIN_MS = 2_000;
const CLOCKS_MS = 50;

/** What the letterbox saw stands in the timeline, but for attempts that a fault cut off before they were noted. */
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
      for (const [webhookId, mine] of byId(seen)) {
        const notes = told.filter(
          ({ requestId, statusCode, error = '' }) =>
            requestId === webhookId && (statusCode !== undefined || !NEVER_LEFT.test(error)),
        );
        const lost = unnoted(mine, notes).filter(
          ({ at }) => faultsAt(ledger, at, ['worker', 'postgres'], NOTED_WITHIN_MS, 0).length === 0,
        );
        if (mine.length - notes.length > 0 && lost.length > 0)
          findings.broken(
            `${op.id}: the letterbox saw ${webhookId} ${mine.length} times, the timeline has ${notes.length}, and no fault cut one off`,
            { op: op.n },
          );
      }
    }
  },
};

/** Each note is of the last attempt before it that has none yet. */
function unnoted(mine: readonly Delivery[], notes: readonly TimelineEntry[]): Delivery[] {
  const left = [...mine].sort((a, b) => a.at - b.at);
  for (const { at } of notes) {
    const noted = left.findLastIndex((one) => one.at <= Date.parse(at) + CLOCKS_MS);
    if (noted >= 0) left.splice(noted, 1);
  }
  return left;
}

function byId(deliveries: readonly Delivery[]): Map<string, Delivery[]> {
  const groups = new Map<string, Delivery[]>();
  for (const one of deliveries) groups.set(one.webhookId, [...(groups.get(one.webhookId) ?? []), one]);
  return groups;
}
