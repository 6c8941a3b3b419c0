import { compactIban } from './iban.ts';
import { sepaText } from './sepa-text.ts';
import { decimalOf, type Creditor, type Transfer } from './transfer.ts';
import { xml, type Xml } from './xml-text.ts';

/** Whose account pays. */
export interface Debtor {
  readonly name: string;
  readonly iban: string;
  readonly bic?: string;
}

export interface PaymentFile {
  /** 32 hex: MsgId allows 35, a dashed GUID has 36. */
  readonly msgId: string;
  /** Written into the file: the same file made again must be the same bytes. */
  readonly createdAtMs: number;
  readonly debtor: Debtor;
  /** All of one currency, at least one. */
  readonly transfers: readonly Transfer[];
}

const NAMESPACE = 'urn:iso:std:iso:20022:tech:xsd:pain.001.001.09';

/**
 * pain.001.001.09 as LHV wants it (third-parties.md 3.1): one PmtInf, NbOfTxs and CtrlSum in both places, exact to the cent.
 * Pure: the same file is always the same bytes.
 */
export function buildPain001(file: PaymentFile): Buffer {
  const { msgId, createdAtMs, debtor, transfers } = file;
  const createdAt = new Date(createdAtMs).toISOString();
  const count = transfers.length;
  const sum = decimalOf(totalCents(transfers));
  const currency = transfers[0]?.currency ?? '';
  const name = sepaText(debtor.name).text.slice(0, 70);
  const { xml: text } = xml`
    <Document xmlns="${NAMESPACE}"><CstmrCdtTrfInitn>
      <GrpHdr><MsgId>${msgId}</MsgId><CreDtTm>${createdAt}</CreDtTm><NbOfTxs>${count}</NbOfTxs><CtrlSum>${sum}</CtrlSum>
        <InitgPty><Nm>${name}</Nm></InitgPty></GrpHdr>
      <PmtInf><PmtInfId>${msgId}</PmtInfId><PmtMtd>TRF</PmtMtd><BtchBookg>false</BtchBookg>
        <NbOfTxs>${count}</NbOfTxs><CtrlSum>${sum}</CtrlSum>
        <PmtTpInf><SvcLvl><Prtry>ALL</Prtry></SvcLvl></PmtTpInf>
        <ReqdExctnDt><Dt>${createdAt.slice(0, 10)}</Dt></ReqdExctnDt>
        <Dbtr><Nm>${name}</Nm></Dbtr>
        <DbtrAcct><Id><IBAN>${compactIban(debtor.iban)}</IBAN></Id><Ccy>${currency}</Ccy></DbtrAcct>
        <DbtrAgt><FinInstnId>${agentOf(debtor.bic)}</FinInstnId></DbtrAgt>
        <ChrgBr>${currency === 'EUR' ? 'SLEV' : 'SHAR'}</ChrgBr>
        ${transfers.map(transferOf)}
      </PmtInf>
    </CstmrCdtTrfInitn></Document>`;
  return Buffer.from(`<?xml version="1.0" encoding="UTF-8"?>\n${text}\n`, 'utf8');
}

export function totalCents(transfers: readonly Transfer[]): number {
  return transfers.reduce((total, { cents }) => total + cents, 0);
}

function transferOf({ endToEndId, cents, currency, creditor, remittance }: Transfer): Xml {
  return xml`
    <CdtTrfTxInf><PmtId><InstrId>${endToEndId}</InstrId><EndToEndId>${endToEndId}</EndToEndId></PmtId>
      <Amt><InstdAmt Ccy="${currency}">${decimalOf(cents)}</InstdAmt></Amt>
      ${creditor.bic === undefined ? undefined : xml`<CdtrAgt><FinInstnId>${agentOf(creditor.bic)}</FinInstnId></CdtrAgt>`}
      <Cdtr><Nm>${creditor.name}</Nm>${addressOf(creditor)}</Cdtr>
      <CdtrAcct><Id><IBAN>${creditor.iban}</IBAN></Id></CdtrAcct>
      ${remittance === undefined ? undefined : xml`<RmtInf><Ustrd>${remittance}</Ustrd></RmtInf>`}
    </CdtTrfTxInf>`;
}

/** Without a BIC the bank finds itself: the schema wants something in its place. */
function agentOf(bic: string | undefined): Xml {
  return bic === undefined ? xml`<Othr><Id>NOTPROVIDED</Id></Othr>` : xml`<BICFI>${bic}</BICFI>`;
}

function addressOf({ address }: Creditor): Xml | undefined {
  if (!address) return undefined;
  const { street, postCode, town, country } = address;
  return xml`
    <PstlAdr>${street === undefined ? undefined : xml`<StrtNm>${street}</StrtNm>`}
      ${postCode === undefined ? undefined : xml`<PstCd>${postCode}</PstCd>`}
      <TwnNm>${town}</TwnNm><Ctry>${country}</Ctry></PstlAdr>`;
}
