import type { Invariant } from '../invariant.ts';
import { byOp } from '../readings.ts';
import { taken } from '../redrive.ts';

/** A dead letter that is replayed from ten sides at once has one effect, and leaves the list. What a replay does at third parties: I-03. */
export const invariant: Invariant = {
  id: 'I-27',
  title: 're-drive has one effect',
  check(ledger, findings) {
    const ops = new Map(ledger.ops.map((op) => [op.n, op]));
    const { deliveries } = byOp(ledger);
    for (const { op: n, letter, step, answers, takenBefore, stillThere, at } of ledger.redrives) {
      const op = ops.get(n);
      if (!op) continue;
      findings.checked();
      const orders = answers.filter((status) => status === 202).length;
      if (orders === 0)
        findings.broken(`none of ${answers.length} orders to replay ${letter} was taken: ${answers.join(', ')}`, {
          op: n,
        });
      const odd = answers.find((status) => status !== 202 && status !== 409);
      if (odd !== undefined)
        findings.broken(`an order to replay ${letter} was answered ${odd ?? 'nothing'}`, { op: n });
      if (stillThere) findings.broken(`${letter} is still in the list after its replay`, { op: n });
      if (step !== 'notify') continue;
      const more = taken(ledger, n) - takenBefore;
      const ids = new Set((deliveries.get(n) ?? []).filter((one) => one.at >= at).map(({ webhookId }) => webhookId));
      if (more === 0)
        findings.broken(`${op.kind} ${op.id}: its callback was ordered again ${orders} times and never came`, {
          op: n,
        });
      if (more > ids.size)
        findings.broken(
          `${op.kind} ${op.id}: its callback was ordered again ${orders} times at once and came ${more} times`,
          { op: n },
        );
    }
  },
};
