import type { Invariant } from '../invariant.ts';
import { kindOf } from '../kinds/kinds.ts';
import { byOp, isOk } from '../readings.ts';

/** One id is one submission, however often and from however many sides it was sent; another body under it is 422 (payments: 409). */
export const invariant: Invariant = {
  id: 'I-08',
  title: 'one key, one resource',
  check(ledger, findings) {
    const kinds = new Map(ledger.ops.map((op) => [op.n, kindOf(op)]));
    for (const [n, attempts] of byOp(ledger).attempts) {
      const reuse = kinds.get(n)?.reuse ?? 422;
      findings.checked();
      const ids = new Set(
        attempts.filter((one) => isOk(one) && one.body === 'own').map(({ submissionId }) => submissionId),
      );
      if (ids.size > 1) findings.broken(`it was answered with ${ids.size} ids: ${[...ids].join(', ')}`, { op: n });
      if (ids.has(undefined)) findings.broken('a 2xx named no submissionId', { op: n });
      for (const { body, status, at } of attempts) {
        if (body === 'other' && status !== undefined && status !== reuse && status !== 503 && status !== 429)
          findings.broken(`another body under the same id was answered ${status}`, { op: n, at });
        if (body === 'own' && status === 422) findings.broken('its own body was taken for another one', { op: n, at });
      }
    }
  },
};
