import type { Invariant } from '../invariant.ts';
import { byOp, isOk } from '../readings.ts';

/** The client's own name for a thing protects it too: under another idempotency key it is the same submission, or refused. */
export const invariant: Invariant = {
  id: 'I-09',
  title: 'business id is protected too',
  check(ledger, findings) {
    for (const [n, attempts] of byOp(ledger).attempts) {
      const rekeyed = attempts.filter(({ body, outcome }) => body === 'rekeyed' && outcome === 'answered');
      const [first] = attempts.filter((one) => isOk(one) && one.body === 'own');
      for (const one of rekeyed) {
        if (one.status === 503 || one.status === 429) continue;
        findings.checked();
        if (!isOk(one) && one.status !== 409)
          findings.broken(`its own body under another idempotency key was answered ${one.status ?? '?'}`, {
            op: n,
            at: one.at,
          });
        if (isOk(one) && one.submissionId !== first?.submissionId)
          findings.broken(`under another idempotency key it became another submission: ${one.submissionId ?? '?'}`, {
            op: n,
            at: one.at,
          });
      }
    }
  },
};
