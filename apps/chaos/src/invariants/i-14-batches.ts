import type { Invariant } from '../invariant.ts';
import { endsOf } from '../kinds/kinds.ts';
import type { Ledger } from '../ledger.ts';
import { acceptedOps, byOp, finalOf } from '../readings.ts';

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

/** By currency, to the cent. What the bank executed and never told of is UNRESOLVED, and left out. */
function sums(ledger: Ledger, findings: Parameters<Invariant['check']>[1]): void {
  const { pages } = byOp(ledger);
  const debited = new Map<string, bigint>();
  const completed = new Map<string, bigint>();
  const add = (to: Map<string, bigint>, currency: string, cents: bigint): void =>
    void to.set(currency, (to.get(currency) ?? 0n) + cents);
  for (const op of acceptedOps(ledger).filter(({ kind }) => kind === 'payout')) {
    const currency = op.n % 4 === 0 ? 'GBP' : 'EUR';
    const state = finalOf(ledger, op)?.state;
    if (state === 'COMPLETED' && endsOf(op) !== 'either') add(completed, currency, centsOf(op.amount));
    if (state === 'UNRESOLVED' || endsOf(op) === 'either') continue;
    for (const page of pages.get(op.n) ?? [])
      if (page.effects > 0) add(debited, currency, centsOf(page.amount ?? '0') * BigInt(page.effects));
  }
  for (const currency of new Set([...debited.keys(), ...completed.keys()])) {
    findings.checked();
    const [a, b] = [debited.get(currency) ?? 0n, completed.get(currency) ?? 0n];
    if (a !== b) findings.broken(`the bank debited ${a} cents in ${currency}, payouts of ${b} are COMPLETED`);
  }
}

function centsOf(amount: string): bigint {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(CENTS, '0').slice(0, CENTS));
}
