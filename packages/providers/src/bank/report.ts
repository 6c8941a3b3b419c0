import { bookedOf, type Booked } from './booked.ts';
import type { Said } from './words.ts';
import { all, at, readXml, textAt, type Element } from './xml-tree.ts';

/** What the bank says of one payment. */
export interface PaymentStatus {
  readonly endToEndId: string;
  readonly said: Said;
}

/** A message of the bank, in our words. Nothing in it is trusted to be about us. */
export type BankReport =
  /** pain.002. `group`: what it says of the file as a whole, where it says so; `payments` is empty in group-only reports. */
  | {
      readonly type: 'statuses';
      readonly originalMsgId?: string;
      readonly group?: Said;
      readonly payments: readonly PaymentStatus[];
    }
  | Booked
  /** An `Errors` document instead of a report. */
  | { readonly type: 'errors'; readonly reason: string }
  | { readonly type: 'unreadable'; readonly reason: string };

/** Reads pain.002 (.03, .10 and what looks like them), camt.054 and `Errors`; never throws. */
export async function readReport(body: string): Promise<BankReport> {
  let root: Element;
  try {
    root = await readXml(body);
  } catch (error) {
    return {
      type: 'unreadable',
      reason: `not XML: ${(error instanceof Error ? error.message : String(error)).slice(0, 200)}`,
    };
  }
  if (all(root, 'OrgnlGrpInfAndSts').length > 0 || all(root, 'TxInfAndSts').length > 0) return statusesOf(root);
  const notifications = all(root, 'BkToCstmrDbtCdtNtfctn');
  if (notifications.length > 0) return bookedOf(root);
  if (/^errors?$/i.test(root.name)) return { type: 'errors', reason: reasonOf(root) };
  return {
    type: 'unreadable',
    reason: `neither a payment status report nor a debit notification: ${root.name.slice(0, 60)}`,
  };
}

function statusesOf(root: Element): BankReport {
  const group = all(root, 'OrgnlGrpInfAndSts')[0];
  const infos = all(root, 'OrgnlPmtInfAndSts');
  const inInfos = infos.flatMap((info) =>
    at(info, 'TxInfAndSts').map((transaction) => paymentOf(transaction, textAt(info, 'PmtInfSts'))),
  );
  // Some banks leave the level between out.
  const payments = inInfos.length > 0 ? inInfos : all(root, 'TxInfAndSts').map((one) => paymentOf(one, undefined));
  const originalMsgId = group && textAt(group, 'OrgnlMsgId');
  const whole =
    saidOf(group, 'GrpSts') ?? infos.map((info) => saidOf(info, 'PmtInfSts')).find((said) => said !== undefined);
  return {
    type: 'statuses',
    ...(originalMsgId === undefined ? {} : { originalMsgId }),
    ...(whole === undefined ? {} : { group: whole }),
    payments: payments.filter(({ endToEndId }) => endToEndId !== ''),
  };
}

function paymentOf(transaction: Element, ofInfo: string | undefined): PaymentStatus {
  const endToEndId = textAt(transaction, 'OrgnlEndToEndId') ?? textAt(transaction, 'OrgnlInstrId') ?? '';
  const said = saidOf(transaction, 'TxSts') ?? { status: ofInfo ?? '', ...reasonsOf(transaction) };
  return { endToEndId, said };
}

function saidOf(element: Element | undefined, status: string): Said | undefined {
  const word = element && textAt(element, status);
  return word === undefined ? undefined : { status: word.toUpperCase(), ...reasonsOf(element) };
}

function reasonsOf(element: Element | undefined): Pick<Said, 'codes' | 'texts'> {
  const reasons = element ? at(element, 'StsRsnInf') : [];
  const codes = reasons.flatMap((one) => [...at(one, 'Rsn', 'Cd'), ...at(one, 'Rsn', 'Prtry')]).map(({ text }) => text);
  const texts = reasons.flatMap((one) => at(one, 'AddtlInf')).map(({ text }) => text);
  return { codes: codes.filter((code) => code !== ''), texts: texts.filter((text) => text !== '') };
}

function reasonOf(root: Element): string {
  const words = ['Code', 'ErrorCode', 'Description', 'Message']
    .flatMap((name) => all(root, name))
    .map(({ text }) => text);
  return (
    words
      .filter((word) => word !== '')
      .join(' ')
      .slice(0, 300) || 'no reason given'
  );
}
