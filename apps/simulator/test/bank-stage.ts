import { randomBytes } from 'node:crypto';
import { all, readXml, textAt, type Element } from '../src/bank/xml.ts';
import { ask, stage, until } from './stage.ts';

export const hex = (): string => randomBytes(16).toString('hex');

export interface File {
  readonly msgId: string;
  readonly ids: readonly string[];
  readonly xml: string;
}

/** A pain.001.001.09 with one payment per amount. */
export function file(amounts: readonly string[], given: { msgId?: string; count?: string; sum?: string } = {}): File {
  const msgId = given.msgId ?? hex();
  const ids = amounts.map(hex);
  const cents = amounts.reduce((sum, amount) => sum + Math.round(Number(amount) * 100), 0);
  const payments = amounts.map(
    (amount, n) =>
      `<CdtTrfTxInf><PmtId><EndToEndId>${ids[n]}</EndToEndId></PmtId><Amt><InstdAmt Ccy="EUR">${amount}</InstdAmt></Amt>` +
      '<Cdtr><Nm>A &amp; B</Nm></Cdtr><CdtrAcct><Id><IBAN>EE382200221020145685</IBAN></Id></CdtrAcct></CdtTrfTxInf>',
  );
  const head = `<MsgId>${msgId}</MsgId><CreDtTm>2026-01-01T00:00:00Z</CreDtTm><NbOfTxs>${given.count ?? amounts.length}</NbOfTxs><CtrlSum>${given.sum ?? (cents / 100).toFixed(2)}</CtrlSum>`;
  const xml =
    '<?xml version="1.0" encoding="UTF-8"?><Document xmlns="urn:iso:std:iso:20022:tech:xsd:pain.001.001.09"><CstmrCdtTrfInitn>' +
    `<GrpHdr>${head}<InitgPty><Nm>Us</Nm></InitgPty></GrpHdr><PmtInf><PmtInfId>P1</PmtInfId>${payments.join('')}</PmtInf></CstmrCdtTrfInitn></Document>`;
  return { msgId, ids, xml };
}

export interface Heard {
  readonly id: string;
  readonly requestId: string | undefined;
  readonly root: Element;
  readonly raw: string;
}
export const group = ({ root }: Heard): string | null => textAt(root, 'CstmrPmtStsRpt', 'OrgnlGrpInfAndSts', 'GrpSts');
export const original = ({ root }: Heard): string | null =>
  textAt(root, 'CstmrPmtStsRpt', 'OrgnlGrpInfAndSts', 'OrgnlMsgId');
export const reason = ({ root }: Heard): string | null =>
  textAt(root, 'CstmrPmtStsRpt', 'OrgnlGrpInfAndSts', 'StsRsnInf', 'Rsn', 'Cd');
/** `EndToEndId` to TxSts and reason. */
export const statuses = ({ root }: Heard): Record<string, string> =>
  Object.fromEntries(
    all(root, 'CstmrPmtStsRpt', 'OrgnlPmtInfAndSts', 'TxInfAndSts').map((one) => {
      const word = [textAt(one, 'TxSts'), textAt(one, 'StsRsnInf', 'Rsn', 'Cd')]
        .filter((part) => part !== null)
        .join(' ');
      return [textAt(one, 'OrgnlEndToEndId') ?? '', word];
    }),
  );

/** A town with a bank per test, and what a customer does there. */
export function bankStage() {
  const { town, receiver, sim } = stage({ timeScale: 0.1, bank: { tlsPort: 0 } });
  const pay = ({ xml, msgId }: Pick<File, 'xml' | 'msgId'>, patienceMs?: number) =>
    ask('POST', `${town().url}/bank/payment`, xml, patienceMs, {
      'content-type': 'application/xml',
      'x-idempotency-key': msgId,
    });
  const next = (type = 'PAYMENT', headers = {}) =>
    ask('GET', `${town().url}/bank/messages/next`, undefined, undefined, {
      ...(type ? { 'filter-response-type': type } : {}),
      ...headers,
    });
  const remove = (id: unknown) => ask('DELETE', `${town().url}/bank/messages/${String(id)}`);

  /** Reads and deletes messages until there are so many. */
  async function messages(count: number, type = 'PAYMENT'): Promise<Heard[]> {
    const heard: Heard[] = [];
    await until(`${count} messages of ${type}`, async () => {
      const { status, body, headers } = await next(type);
      const root = status === 200 ? readXml(String(body)) : null;
      if (root) {
        // A header came once: the client gives a string.
        const id = headers['message-response-id'] as string;
        heard.push({ id, requestId: headers['message-request-id'] as string | undefined, root, raw: String(body) });
        await remove(id);
      }
      return heard.length === count;
    });
    return heard;
  }
  const payout = (id: string | undefined) => town().bank.payouts.find(id ?? '');
  const rule = (fate: string, params = {}) => sim('POST', '/bank/rules', { fate, params });

  return { town, receiver, sim, pay, next, remove, messages, payout, rule };
}
