import type { Invariant } from '../invariant.ts';
import type { Delivery, Op, Page } from '../ledger.ts';
import { expectsCallback } from '../quiet.ts';
import { acceptedOps, byOp, finalOf, isFinal } from '../readings.ts';

/** The words of the third parties that speak of one submission each, and end it. Ramps have several legs: their books decide (I-05). */
const SETTLING = new Set(['completed', 'declined', 'DONE', 'ERROR']);

/** A webhook answered 2xx is in the timeline and has its effect, whoever was killed right after; a forged one never is. */
export const invariant: Invariant = {
  id: 'I-17',
  title: '2xx to a webhook is a promise',
  check(ledger, findings) {
    const { pages, stories, deliveries } = byOp(ledger);
    for (const op of acceptedOps(ledger)) {
      for (const [party, mine] of byParty(pages.get(op.n) ?? [])) {
        const webhooks = mine.flatMap((page) => page.webhooks.map((one) => ({ ...one, leg: page.leg })));
        if (webhooks.length === 0) continue;
        findings.checked(webhooks.length);
        const accepted = webhooks.filter(({ outcome, forged }) => !forged && outcome.startsWith('2'));
        for (const { at } of webhooks.filter(({ forged, outcome }) => forged && outcome.startsWith('2')))
          findings.broken(`a forged webhook of ${party} was accepted at ${at}`, { op: op.n });
        const heard = (stories.get(op.n)?.entries ?? []).filter(
          ({ type, provider }) => provider === party && (type === 'webhook' || type === 'returned'),
        ).length;
        // The same word twice is kept once.
        const words = new Set(accepted.map(({ leg, status }) => `${leg} ${status}`));
        if (heard < words.size)
          findings.broken(
            `${words.size} different webhooks of ${party} were accepted (${[...words].join(', ')}), the timeline has ${heard}`,
            { op: op.n },
          );
        const settling = accepted.filter(({ status }) => SETTLING.has(status));
        const state = finalOf(ledger, op)?.state;
        const settles =
          settling.length > 0 && (op.kind === 'transaction' || settling.some(({ status }) => status === 'ERROR'));
        if (settles && !isFinal(state))
          findings.broken(
            `a webhook of ${party} said ${settling[0]?.status ?? '?'} and was accepted, but it is ${state ?? '?'}`,
            { op: op.n },
          );
        for (const wrong of givenBack(op, mine, state, deliveries.get(op.n) ?? []))
          findings.broken(wrong, { op: op.n });
      }
    }
  },
};

function byParty(pages: readonly Page[]): Map<string, Page[]> {
  const parties = new Map<string, Page[]>();
  for (const page of pages) parties.set(page.party, [...(parties.get(page.party) ?? []), page]);
  return parties;
}

/** The payee's bank sent the money of a completed payment back: its client must be told, once it was told it is COMPLETED. */
function givenBack(
  op: Op,
  pages: readonly Page[],
  state: string | undefined,
  deliveries: readonly Delivery[],
): string[] {
  const heard = pages.some(
    ({ leg, webhooks }) =>
      leg === 'off' &&
      webhooks.some(({ status, forged, outcome }) => status === 'returned' && !forged && outcome.startsWith('2')),
  );
  if (!heard || state !== 'COMPLETED' || !expectsCallback(op)) return [];
  return deliveries.some(({ type }) => type === 'payment.returned')
    ? []
    : [`payment ${op.id}: the money came back, its webhook was accepted, and the client was never told`];
}
