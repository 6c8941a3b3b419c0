import type { Invariant } from '../invariant.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

/** A webhook answered 2xx is in the timeline and has its effect, whoever was killed right after; a forged one never is. */
export const invariant: Invariant = {
  id: 'I-17',
  title: '2xx to a webhook is a promise',
  check(ledger, findings) {
    const { pages, stories } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      const webhooks = (pages.get(op.n) ?? []).flatMap((page) => page.webhooks);
      if (webhooks.length === 0) continue;
      findings.checked(webhooks.length);
      const accepted = webhooks.filter(({ outcome, forged }) => !forged && outcome.startsWith('2'));
      for (const { at } of webhooks.filter(({ forged, outcome }) => forged && outcome.startsWith('2'))) findings.broken(`a forged webhook was accepted at ${at}`, { op: op.n });
      const heard = (stories.get(op.n)?.entries ?? []).filter(({ type }) => type === 'webhook').length;
      // The same word twice is kept once.
      const words = new Set(accepted.map(({ status }) => status));
      if (heard < words.size) findings.broken(`${words.size} different webhooks were accepted, the timeline has ${heard}`, { op: op.n });
      const settling = [...words].filter((word) => word === 'completed' || word === 'declined');
      const state = finalOf(ledger, op)?.state;
      if (settling.length > 0 && state !== 'COMPLETED' && state !== 'FAILED') findings.broken(`a webhook said ${settling.join(' and ')} and was accepted, but it is ${state ?? '?'}`, { op: op.n });
    }
  },
};
