import { expectsCallback } from '../quiet.ts';
import type { Invariant } from '../invariant.ts';
import type { Delivery } from '../ledger.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

const CLOCK_WITHIN_MS = 300_000;

/** A willing letterbox hears the end, signed for it; a repeat is the same bytes under the same id. */
export const invariant: Invariant = {
  id: 'I-11',
  title: 'final callback at least once',
  check(ledger, findings) {
    const { deliveries } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      if (op.letterbox === null) continue;
      const mine = deliveries.get(op.n) ?? [];
      const final = finalOf(ledger, op)?.state;
      findings.checked();
      const told = mine.some(
        ({ signature, state, answered }) =>
          signature === 'good' && state === final && typeof answered === 'number' && answered < 300,
      );
      if (expectsCallback(op) && !told)
        findings.broken(
          `${op.kind} ${op.id} (${op.fate}, letterbox ${op.letterbox}) is ${final ?? '?'} and nobody was told; ${mine.length} callbacks came`,
          { op: op.n },
        );
      for (const wrong of wrongs(mine, op.client)) findings.broken(`${op.id}: ${wrong}`, { op: op.n });
    }
  },
};

function wrongs(mine: readonly Delivery[], client: string): string[] {
  const bytes = new Map<string, string>();
  return mine.flatMap((one) => {
    const wrong: string[] = [];
    if (one.signature !== 'good') wrong.push(`signature of ${one.webhookId}: ${one.signature}`);
    if (Math.abs(one.skewMs) > CLOCK_WITHIN_MS) wrong.push(`timestamp of ${one.webhookId} is ${one.skewMs} ms off`);
    if (one.client !== client) wrong.push(`${one.webhookId} came to the URL of ${one.client}`);
    const before = bytes.get(one.webhookId);
    if (before !== undefined && before !== one.sha) wrong.push(`${one.webhookId} came with other bytes`);
    bytes.set(one.webhookId, one.sha);
    return wrong;
  });
}
