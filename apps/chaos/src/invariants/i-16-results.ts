import type { Invariant } from '../invariant.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

const MOST_ITEMS = 10;

/** Whoever reads a results feed until it is empty has read every end, each once, ten at a time at most. */
export const invariant: Invariant = {
  id: 'I-16',
  title: 'results offered until taken',
  check(ledger, findings) {
    const times = new Map<number, number>();
    for (const { client, kind, answers } of ledger.feeds) {
      for (const items of answers) {
        if (items.length > MOST_ITEMS)
          findings.broken(`the feed of ${client} (${kind}) gave ${items.length} results at once`);
        for (const { op } of items) {
          if (op === null) findings.broken(`the feed of ${client} (${kind}) gave a result of something it never sent`);
          else times.set(op, (times.get(op) ?? 0) + 1);
        }
      }
    }
    for (const op of acceptedOps(ledger)) {
      if (op.kind !== 'provisioning-job' && op.kind !== 'cost-job') continue;
      findings.checked();
      const state = finalOf(ledger, op)?.state;
      const told = times.get(op.n) ?? 0;
      // An UNRESOLVED job that ends later has two results.
      const wasUnresolved = (byOp(ledger).stories.get(op.n)?.entries ?? []).some(({ from }) => from === 'UNRESOLVED');
      const most = wasUnresolved ? 2 : 1;
      if (told === 0) findings.broken(`${op.kind} ${op.id} is ${state ?? '?'} and no result was offered`, { op: op.n });
      if (told > most) findings.broken(`${op.kind} ${op.id} was offered ${told} times`, { op: op.n });
    }
  },
};
