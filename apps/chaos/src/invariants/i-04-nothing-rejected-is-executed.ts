import type { Invariant } from '../invariant.ts';
import { byOp, isOk } from '../readings.ts';

/** What was refused for good leaves no trace; what was never answered either has no effect or exists and can be read; nobody is told of what nobody sent. */
export const invariant: Invariant = {
  id: 'I-04',
  title: 'nothing rejected is executed',
  check(ledger, findings) {
    const { attempts, pages, listed } = byOp(ledger);
    for (const op of ledger.ops) {
      const mine = (attempts.get(op.n) ?? []).filter(({ body }) => body === 'own');
      if (mine.length === 0 || mine.some(isOk)) continue;
      findings.checked();
      const isListed = listed.has(op.n);
      const effects = (pages.get(op.n) ?? []).reduce((sum, page) => sum + page.effects, 0);
      const known = (pages.get(op.n) ?? []).length > 0;
      const rejected = mine.every(
        ({ outcome, status = 0 }) => outcome === 'refused' || (status >= 400 && status < 500),
      );
      const name = `${op.kind} ${op.id}`;
      if (rejected && isListed)
        findings.broken(`${name} was refused (${mine.map(({ status }) => status).join(', ')}) and stands in the list`, {
          op: op.n,
        });
      if (rejected && known) findings.broken(`${name} was refused and a third party knows it`, { op: op.n });
      if (!rejected && effects > 0 && !isListed)
        findings.broken(`${name} was never answered, was executed, and stands in no list`, { op: op.n });
    }
    for (const { party, id, op, effects } of ledger.books) {
      if (op !== null) continue;
      findings.checked();
      findings.broken(`${party} knows ${id} (${effects} effects), which no client sent and no list holds`);
    }
  },
};
