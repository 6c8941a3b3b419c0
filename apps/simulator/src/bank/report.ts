import { randomBytes } from 'node:crypto';
import type { Instruction, PaymentFile } from './pain001.ts';
import { element, escape } from './xml.ts';

/** A payment's standing at one moment: its TxSts and reason, or null when the bank says nothing of it. */
export interface Standing {
  readonly instruction: Instruction;
  /** `ACSP`, or `RJCT AC04`. */
  readonly word: string;
}

export interface ReportTraits {
  /** The first one: with GrpSts and PmtInfSts. */
  readonly first: boolean;
  readonly quirk: string | null;
  readonly padBytes?: number;
  /** Instead of what follows from the payments. */
  readonly group?: { readonly status: string; readonly reason: string; readonly text: string };
}

const now = (): string => new Date().toISOString();
const own = (): string => randomBytes(16).toString('hex');

/** A pain.002 about `file`, version .10 for a .09 and .03 for a .03. */
export function report(file: PaymentFile, standings: readonly Standing[], traits: ReportTraits): string {
  const { quirk, group } = traits;
  const version = quirk === 'version-03' || file.version === '03' ? '03' : '10';
  const shown = quirk === 'group-only' && traits.first ? [] : standings;
  const withGroup = traits.first && quirk !== 'no-group';
  const status = group?.status ?? (withGroup ? groupStatus(standings) : null);
  const reason = group ? reasonOf(group.reason, group.text) : null;
  const msgId = quirk === 'unknown-msgid' ? own() : file.msgId;
  const original = element(
    'OrgnlGrpInfAndSts',
    quirk === 'no-msgid' ? null : element('OrgnlMsgId', id(msgId, quirk)),
    element('OrgnlMsgNmId', `pain.001.001.${file.version}`),
    element('OrgnlNbOfTxs', String(file.instructions.length)),
    file.ctrlSum === null ? null : element('OrgnlCtrlSum', file.ctrlSum),
    status === null ? null : element('GrpSts', status),
    reason,
  );
  const parts = [...new Set(shown.map(({ instruction }) => instruction.pmtInfId))].map((pmtInfId) => {
    const mine = shown.filter(({ instruction }) => instruction.pmtInfId === pmtInfId);
    const partStatus = withGroup ? element('PmtInfSts', groupStatus(mine)) : null;
    return element(
      'OrgnlPmtInfAndSts',
      element('OrgnlPmtInfId', id(pmtInfId, quirk)),
      partStatus,
      ...mine.map((one) => transaction(one, quirk)),
    );
  });
  const header = element('GrpHdr', element('MsgId', own()), element('CreDtTm', now()));
  const padding = traits.padBytes === undefined ? '' : `<!--${' '.repeat(traits.padBytes)}-->`;
  return document(`pain.002.001.${version}`, element('CstmrPmtStsRpt', header, padding, original, ...parts), quirk);
}

function transaction({ instruction, word }: Standing, quirk: string | null): string {
  const [status = '', code] = word.split(' ');
  const reason =
    code === undefined
      ? null
      : reasonOf(code, code === 'NARR' ? 'The payment is being looked at' : 'Refused by the bank');
  const reference = element('AcctSvcrRef', own().slice(0, 16));
  const endToEnd = element('OrgnlEndToEndId', id(instruction.endToEndId, quirk));
  return element('TxInfAndSts', element('StsId', own()), endToEnd, element('TxSts', status), reason, reference);
}

function reasonOf(code: string, text: string): string {
  return element('StsRsnInf', element('Rsn', element('Cd', code)), element('AddtlInf', escape(text)));
}

/** As LHV tells it: all rejected, something rejected, something waiting, all debited, else accepted (one that is blocked too). */
export function groupStatus(standings: readonly Standing[]): string {
  const words = standings.map(({ word }) => word.split(' ')[0] ?? '');
  const rejected = words.filter((word) => word === 'RJCT').length;
  if (words.length > 0 && rejected === words.length) return 'RJCT';
  if (rejected > 0) return 'PART';
  if (words.includes('PDNG')) return 'PDNG';
  return words.length > 0 && words.every((word) => word === 'ACSC') ? 'ACSC' : 'ACSP';
}

/** An id, with what other banks put around theirs. */
const id = (text: string, quirk: string | null): string => {
  return quirk === 'odd' ? `\n      <![CDATA[ ${text} ]]><!-- an id -->\n    ` : escape(text);
};

function document(name: string, content: string, quirk: string | null): string {
  const prolog = '<?xml version="1.0" encoding="UTF-8"?>\n';
  if (quirk !== 'odd')
    return `${prolog}<Document xmlns="urn:iso:std:iso:20022:tech:xsd:${name}">${content}</Document>\n`;
  const prefixed = content.replaceAll(/<(\/?)([A-Za-z])/g, '<$1p:$2');
  return `${prolog}<!-- odd -->\n<p:Document xmlns:p="http://bank.example/${name}" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">\n${prefixed}\n</p:Document>\n`;
}

/** Money of a payment that left the account, or came back to it. */
export interface Movement {
  readonly instruction: Instruction;
  readonly indicator: 'DBIT' | 'CRDT';
}

/** A camt.054 about these. */
export function notification(movements: readonly Movement[], iban: string): string {
  const entries = movements.map(({ instruction, indicator }) => {
    const { amount, currency, endToEndId, name, iban: creditor } = instruction;
    const why = element('RtrInf', element('Rsn', element('Cd', 'AC04')), element('AddtlInf', 'Account closed'));
    const sum = `<Amt Ccy="${currency}">${amount}</Amt>`;
    const references = element('Refs', element('EndToEndId', escape(endToEndId)));
    const parties = element(
      'RltdPties',
      element('Cdtr', element('Nm', escape(name))),
      element('CdtrAcct', element('Id', element('IBAN', creditor))),
    );
    const returned = indicator === 'CRDT' ? why : null;
    const direction = element('CdtDbtInd', indicator);
    const details = element('NtryDtls', element('TxDtls', references, sum, direction, parties, returned));
    const entry = [
      sum,
      element('CdtDbtInd', indicator),
      element('Sts', 'BOOK'),
      element('BookgDt', element('Dt', now().slice(0, 10))),
    ];
    return element('Ntry', element('NtryRef', own()), ...entry, element('AcctSvcrRef', own().slice(0, 16)), details);
  });
  const account = element('Acct', element('Id', element('IBAN', iban)));
  const note = element('Ntfctn', element('Id', own()), element('CreDtTm', now()), account, ...entries);
  const header = element('GrpHdr', element('MsgId', own()), element('CreDtTm', now()));
  return document('camt.054.001.02', element('BkToCstmrDbtCdtNtfctn', header, note), null);
}

/** LHV's error document. */
export const errors = (code: string, description: string): string => {
  return element('Errors', element('Error', element('ErrorCode', code), element('Description', escape(description))));
};

export const heartbeat = (more = ''): string => element('HeartBeatResponse', element('TimeStamp', now()), more);
