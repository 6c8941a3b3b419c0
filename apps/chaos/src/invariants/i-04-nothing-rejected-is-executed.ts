import type { Invariant } from '../invariant.ts';
import { byOp, isOk } from '../readings.ts';

/** What was refused for good leaves no trace; what was never answered either has no effect or exists and can be read. */
export const invariant: Invariant = {
  id: 'I-04',
  title: 'nothing rejected is executed',
  check(ledger, findings) {
    const { attempts, pages } = byOp(ledger);
    const listed = new Set(ledger.listings.flatMap(({ client, items }) => items.map(({ id }) => `${client}/${id}`)));
    for (const op of ledger.ops) {
      const mine = (attempts.get(op.n) ?? []).filter(({ body }) => body === 'own');
      if (mine.length === 0 || mine.some(isOk)) continue;
      findings.checked();
      const isListed = listed.has(`${op.client}/${op.id}`);
      const effects = (pages.get(op.n) ?? []).reduce((sum, page) => sum + page.effects, 0);
      const known = (pages.get(op.n) ?? []).length > 0;
      const rejected = mine.every(({ outcome, status = 0 }) => outcome === 'refused' || (status >= 400 && status < 500));
      if (rejected && isListed) findings.broken(`${op.id} was refused (${mine.map(({ status }) => status).join(', ')}) and stands in the list`, { op: op.n });
      if (rejected && known) findings.broken(`${op.id} was refused and the registry knows it`, { op: op.n });
      if (!rejected && effects > 0 && !isListed) findings.broken(`${op.id} was never answered, was executed, and stands in no list`, { op: op.n });
    }
  },
};
