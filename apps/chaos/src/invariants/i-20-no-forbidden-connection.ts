import type { Invariant } from '../invariant.ts';

/** Nobody goes where a document's DOCTYPE leads. */
export const invariant: Invariant = {
  id: 'I-20',
  title: 'no forbidden connection',
  check(ledger, findings) {
    findings.checked(ledger.ops.filter(({ fate }) => fate === 'poison-entities').length);
    for (const one of ledger.canaries) findings.broken(`somebody followed a document's DOCTYPE: ${one}`);
  },
};
