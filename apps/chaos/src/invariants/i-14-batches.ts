import type { Findings, Invariant } from '../invariant.ts';
import { endsOf } from '../kinds/kinds.ts';
import { currencyOf } from '../kinds/payout.ts';
import type { Ledger, Page } from '../ledger.ts';
import { byOp, finalOf, livingOps } from '../readings.ts';
import { hiddenOf } from '../visible.ts';

const MOST_PAYMENTS = 100;
const CENTS = 2;

/** One MsgId, one run of bytes, one key; 1 to 100 payments; each payout in one accepted file; what the bank debited is what is COMPLETED. */
export const invariant: Invariant = {
  id: 'I-14',
  title: 'batches',
  check(ledger, findings) {
    const { pages } = byOp(ledger);
    for (const { msgId, hashes, keys, payments, effects } of ledger.files) {
      findings.checked();
      const bodies = Object.keys(hashes).length;
      if (bodies !== 1) findings.broken(`the file ${msgId} came with ${bodies} different bodies`);
      if (keys.length > 1 || (keys[0] !== undefined && keys[0] !== msgId))
        findings.broken(`the file ${msgId} came under the keys ${keys.join(', ')}`);
      if (effects > 1) findings.broken(`the file ${msgId} was taken ${effects} times`);
      if (effects > 0 && (payments < 1 || payments > MOST_PAYMENTS))
        findings.broken(`the file ${msgId} held ${payments} payments`);
    }
    for (const op of ledger.ops) {
      for (const { id, msgIds } of pages.get(op.n)?.filter(({ party }) => party === 'bank') ?? []) {
        findings.checked();
        if (msgIds.length !== 1)
          findings.broken(`payout ${op.id} (${id}) stood in ${msgIds.length} accepted files: ${msgIds.join(', ')}`, {
            op: op.n,
          });
      }
    }
    sums(ledger, findings);
  },
};

/**
 * By currency, to the cent, over all the bank's pages: what it debited is what is COMPLETED, and what is UNRESOLVED or told two ways
 * (a settled one rejected afterwards, where the first word heard stands).
 */
function sums(ledger: Ledger, findings: Findings): void {
  const { pages } = byOp(ledger);
  const debited = new Map<string, bigint>();
  const explained = new Map<string, bigint>();
  const add = (to: Map<string, bigint>, currency: string, cents: bigint): void =>
    void to.set(currency, (to.get(currency) ?? 0n) + cents);
  const debitsOf = (page: Page): bigint => centsOf(page.amount ?? '0') * BigInt(page.effects);
  for (const page of ledger.books.filter(({ party }) => party === 'bank'))
    add(debited, page.op === null ? 'nobody knows what' : currencyOf(page.op), debitsOf(page));
  for (const op of livingOps(ledger).filter(({ kind }) => kind === 'payout')) {
    const state = finalOf(ledger, op)?.state;
    const mayBeDebited = state === 'UNRESOLVED' || (state === 'FAILED' && endsOf(op) === 'either');
    if (state === 'COMPLETED') add(explained, currencyOf(op.n), centsOf(op.amount));
    if (mayBeDebited) for (const page of pages.get(op.n) ?? []) add(explained, currencyOf(op.n), debitsOf(page));
    const hidden = state === 'UNRESOLVED' ? hiddenOf(ledger, op) : undefined;
    if (hidden !== undefined)
      findings.broken(`payout ${op.id} (${op.fate}) is UNRESOLVED, and ${hidden}`, { op: op.n });
  }
  for (const currency of new Set([...debited.keys(), ...explained.keys()])) {
    findings.checked();
    const [a, b] = [debited.get(currency) ?? 0n, explained.get(currency) ?? 0n];
    if (a !== b) findings.broken(`the bank debited ${a} cents in ${currency}; COMPLETED and open payouts explain ${b}`);
  }
}

function centsOf(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(CENTS, '0').slice(0, CENTS));
}
