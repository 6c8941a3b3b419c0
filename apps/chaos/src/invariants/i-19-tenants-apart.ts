import type { Invariant } from '../invariant.ts';
import { kindOf } from '../kinds/kinds.ts';
import { byOp } from '../readings.ts';

/** No answer, list or callback shows a client what is another's. */
export const invariant: Invariant = {
  id: 'I-19',
  title: 'tenants apart',
  check(ledger, findings) {
    const { readings, deliveries, attempts } = byOp(ledger);
    const owners = new Map(ledger.ops.map(({ n, client }) => [n, client]));
    for (const op of ledger.ops) {
      for (const { why, status, at } of readings.get(op.n) ?? []) {
        if (why !== 'stranger' || status === null) continue;
        findings.checked();
        if (status < 400) findings.broken(`another client read ${op.id} of ${op.client}`, { op: op.n, at });
      }
      for (const { client, id, at } of deliveries.get(op.n) ?? []) {
        findings.checked();
        // Where the client gave no name of its own, `id` is ours: it must be the one it was answered.
        const names = kindOf(op).isNamed ? [op.id] : (attempts.get(op.n) ?? []).map(({ submissionId }) => submissionId);
        const isKnown = names.some((name) => name !== undefined);
        if (client !== op.client || (isKnown && !names.includes(id ?? '')))
          findings.broken(
            `the callback at the URL of ${op.client}/${op.id} speaks of ${id ?? 'nothing'}, at ${client}`,
            { op: op.n, at },
          );
      }
    }
    const submissions = new Map<string, string>();
    for (const { client, items } of ledger.listings) {
      for (const { id, submissionId, op } of items) {
        findings.checked();
        if (op === null || owners.get(op) !== client)
          findings.broken(`the list of ${client} holds ${id}, which it never sent`);
        const other = submissions.get(submissionId);
        if (other !== undefined && other !== client)
          findings.broken(`${submissionId} stands in the lists of ${other} and ${client}`);
        submissions.set(submissionId, client);
      }
    }
  },
};
