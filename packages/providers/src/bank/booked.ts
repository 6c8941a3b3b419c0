import { centsOf } from './transfer.ts';
import { all, at, textAt, type Element } from './xml-tree.ts';

/** Money that came in under one of our references: perhaps a payout's that came back, perhaps anything (the payee knows it too). */
export interface Credit {
  readonly endToEndId: string;
  /** The bank calls it a return, or the reversal of a debit. */
  readonly isReturn: boolean;
  /** undefined where the notification tells none of its own. */
  readonly cents: number | undefined;
  readonly currency: string | undefined;
  /** Why it came back, in the bank's codes and words. */
  readonly reasons: readonly string[];
}

/** camt.054: what was booked. A debit confirms that we paid. */
export interface Booked {
  readonly type: 'booked';
  readonly debits: readonly string[];
  readonly credits: readonly Credit[];
  /** References of credits that were taken back again. */
  readonly undone: readonly string[];
}

/** Bank transaction codes (ISO 20022 external code set) of what comes back: returned, and given back when we asked for it. */
const RETURNS = ['RRTN', 'RPCR'];

/** Booked entries only: a pending one (`PDNG`) confirms nothing. */
export function bookedOf(root: Element): Booked {
  const debits: string[] = [];
  const credits: Credit[] = [];
  const undone: string[] = [];
  for (const entry of all(root, 'Ntry')) {
    const status = textAt(entry, 'Sts', 'Cd') ?? textAt(entry, 'Sts') ?? 'BOOK';
    if (status !== 'BOOK') continue;
    const isReversal = textAt(entry, 'RvslInd') === 'true';
    const transactions = at(entry, 'NtryDtls', 'TxDtls');
    for (const details of transactions) {
      const reference = textAt(details, 'Refs', 'EndToEndId');
      if (reference === undefined) continue;
      const isDebit = (textAt(details, 'CdtDbtInd') ?? textAt(entry, 'CdtDbtInd')) === 'DBIT';
      // The reversal of a debit is a credit, and the other way round.
      if (isDebit) (isReversal ? undone : debits).push(reference);
      else credits.push(creditOf(entry, details, { reference, isReversal, isAlone: transactions.length === 1 }));
    }
  }
  return { type: 'booked', debits, credits, undone };
}

function creditOf(
  entry: Element,
  details: Element,
  { reference, isReversal, isAlone }: { reference: string; isReversal: boolean; isAlone: boolean },
): Credit {
  const kinds = [details, entry].flatMap((one) => at(one, 'BkTxCd', 'Domn', 'Fmly', 'SubFmlyCd'));
  const returned = at(details, 'RtrInf');
  const own = [...at(details, 'AmtDtls', 'TxAmt', 'Amt'), ...at(details, 'Amt'), ...(isAlone ? at(entry, 'Amt') : [])];
  const reasons = ['Cd', 'Prtry'].flatMap((name) => returned.flatMap((one) => at(one, 'Rsn', name)));
  return {
    endToEndId: reference,
    isReturn: isReversal || returned.length > 0 || kinds.some(({ text }) => RETURNS.includes(text)),
    cents: centsOf(own[0]?.text),
    currency: own[0]?.attributes['Ccy'],
    reasons: [...reasons, ...returned.flatMap((one) => at(one, 'AddtlInf'))].map(({ text }) => text).filter(Boolean),
  };
}
