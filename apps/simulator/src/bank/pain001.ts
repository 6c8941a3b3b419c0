import { all, readXml, textAt, type Element } from './xml.ts';

/** One transfer of a pain.001. */
export interface Instruction {
  readonly endToEndId: string;
  readonly pmtInfId: string;
  readonly amount: string;
  readonly currency: string;
  readonly name: string;
  readonly iban: string;
}

/** A pain.001 as the bank reads it. */
export interface PaymentFile {
  readonly msgId: string;
  readonly version: '09' | '03';
  readonly instructions: readonly Instruction[];
  readonly ctrlSum: string | null;
  readonly nbOfTxs: string | null;
  /** Why the whole file is refused; null: it is in order. */
  readonly problem: { readonly code: string; readonly text: string } | null;
}

const namespaces = {
  'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09': '09',
  'urn:iso:std:iso:20022:tech:xsd:pain.001.001.03': '03',
} as const;

/** Reads a pain.001.001.09 or .03; null when it is none, or has no MsgId. */
export function readPaymentFile(text: string): PaymentFile | null {
  const document = readXml(text);
  const initiation = document && all(document, 'CstmrCdtTrfInitn')[0];
  if (!document || !initiation || !Object.hasOwn(namespaces, document.namespace)) return null;
  // One of the two: just looked.
  const version = namespaces[document.namespace as keyof typeof namespaces];
  const msgId = textAt(initiation, 'GrpHdr', 'MsgId');
  if (msgId === null) return null;
  const instructions = all(initiation, 'PmtInf').flatMap(instructionsOf);
  const nbOfTxs = textAt(initiation, 'GrpHdr', 'NbOfTxs');
  const ctrlSum = textAt(initiation, 'GrpHdr', 'CtrlSum');
  return { msgId, version, instructions, nbOfTxs, ctrlSum, problem: problemOf(msgId, instructions, nbOfTxs, ctrlSum) };
}

function instructionsOf(pmtInf: Element): Instruction[] {
  return all(pmtInf, 'CdtTrfTxInf').map((transfer) => ({
    endToEndId: textAt(transfer, 'PmtId', 'EndToEndId') ?? '',
    pmtInfId: textAt(pmtInf, 'PmtInfId') ?? '',
    amount: textAt(transfer, 'Amt', 'InstdAmt') ?? '',
    currency: all(transfer, 'Amt', 'InstdAmt')[0]?.attributes['Ccy'] ?? '',
    name: textAt(transfer, 'Cdtr', 'Nm') ?? '',
    iban: textAt(transfer, 'CdtrAcct', 'Id', 'IBAN') ?? '',
  }));
}

function problemOf(
  msgId: string,
  instructions: readonly Instruction[],
  nbOfTxs: string | null,
  ctrlSum: string | null,
): PaymentFile['problem'] {
  if (msgId.length > 35) return { code: 'FF01', text: 'MsgId is longer than 35' };
  if (instructions.length === 0) return { code: 'FF01', text: 'no CdtTrfTxInf' };
  const incomplete = instructions.find(
    (one) => !/^.{1,35}$/.test(one.endToEndId) || !/^\d+(\.\d{1,5})?$/.test(one.amount) || !one.currency,
  );
  if (incomplete)
    return { code: 'FF01', text: `EndToEndId, InstdAmt or Ccy is wrong at ${incomplete.endToEndId || '(none)'}` };
  if (nbOfTxs !== String(instructions.length))
    return { code: 'FF01', text: `NbOfTxs ${nbOfTxs}, but there are ${instructions.length}` };
  const sum = instructions.reduce((total, { amount }) => total + hundredThousandths(amount), 0n);
  if (ctrlSum === null || !/^\d+(\.\d+)?$/.test(ctrlSum) || hundredThousandths(ctrlSum) !== sum) {
    return { code: 'AM10', text: `CtrlSum ${ctrlSum} is not the sum of the amounts` };
  }
  return null;
}

const hundredThousandths = (amount: string): bigint => {
  const [whole = '0', fraction = ''] = amount.split('.');
  return BigInt(whole + fraction.padEnd(5, '0').slice(0, 5));
};
