import { readFileSync, readdirSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { bankWord, readReport } from '../src/index.ts';

const fixture = (name: string): string => readFileSync(new URL(`fixtures/${name}`, import.meta.url), 'utf8');
const E2E = '0199a1b2000070008000000000000001';

const report = (inside: string, { group = '', namespace = 'urn:iso:std:iso:20022:tech:xsd:pain.002.001.10' } = {}) =>
  `<?xml version="1.0" encoding="UTF-8"?><Document xmlns="${namespace}"><CstmrPmtStsRpt><GrpHdr><MsgId>R</MsgId></GrpHdr>
  <OrgnlGrpInfAndSts><OrgnlMsgId> m1 </OrgnlMsgId>${group}</OrgnlGrpInfAndSts>${inside}</CstmrPmtStsRpt></Document>`;
const transaction = (status: string, reason = '') =>
  `<OrgnlPmtInfAndSts><OrgnlPmtInfId>m1</OrgnlPmtInfId><TxInfAndSts><OrgnlEndToEndId>
  ${E2E} </OrgnlEndToEndId><TxSts>${status}</TxSts>${reason}</TxInfAndSts></OrgnlPmtInfAndSts>`;

describe('the samples', () => {
  const names = readdirSync(new URL('fixtures', import.meta.url)).filter((name) => name.includes('pain'));
  it.each(names.filter((name) => name.endsWith('.xml')))('%s is read', async (name) => {
    const read = await readReport(fixture(name));
    expect(read.type).toBe('statuses');
    if (read.type === 'statuses') expect(read.group !== undefined || read.payments.length > 0).toBe(true);
  });

  it('a debit notification is read', async () => {
    expect((await readReport(fixture('camt.054-debit.xml'))).type).toBe('booked');
  });

  it("a repeat's rejection speaks of the whole file and means already received", async () => {
    const read = await readReport(fixture('pain.002.001.10.1-first-RJCT-duplicate-msgid.xml'));
    expect(read).toMatchObject({ type: 'statuses', group: { status: 'RJCT', codes: ['DU01'] }, payments: [] });
    if (read.type === 'statuses' && read.group) expect(bankWord(read.group).type).toBe('pending');
  });
});

describe('what is odd is read all the same', () => {
  const expected = { originalMsgId: 'm1', payments: [{ endToEndId: E2E, said: { status: 'ACSC' } }] };
  it.each([
    ['.10', report(transaction('ACSC'))],
    ['.03', report(transaction('ACSC'), { namespace: 'urn:iso:std:iso:20022:tech:xsd:pain.002.001.03' })],
    ['a foreign namespace', report(transaction('ACSC'), { namespace: 'http://bank.example/odd' })],
    ['no namespace', report(transaction('ACSC')).replace(/ xmlns="[^"]*"/, '')],
    [
      'prefixes',
      report(transaction('ACSC'))
        .replaceAll(/<(\/?)(\w)/g, '<$1p:$2')
        .replace('xmlns', 'xmlns:p'),
    ],
    ['CDATA', report(transaction('ACSC').replace(E2E, `<![CDATA[${E2E}]]>`))],
    ['comments', report(transaction('<!-- c -->ACSC'))],
    ['lower case', report(transaction('acsc'))],
    ['a byte order mark', `\uFEFF${report(transaction('ACSC'))}`],
    ['no OrgnlPmtInfAndSts', report(transaction('ACSC').replaceAll(/<\/?OrgnlPmtInf\w*>|m1/g, ''))],
  ])('%s', async (_name, body) => {
    expect(await readReport(body)).toMatchObject({ type: 'statuses', ...expected });
  });

  it('without OrgnlMsgId; without TxSts under a rejected PmtInf', async () => {
    expect(
      await readReport(report(transaction('RJCT')).replace(/<OrgnlMsgId>.*<\/OrgnlMsgId>/, '')),
    ).not.toHaveProperty('originalMsgId');
    const rejected = transaction('RJCT')
      .replace('<TxSts>RJCT</TxSts>', '')
      .replace('<TxInf', '<PmtInfSts>RJCT</PmtInfSts><TxInf');
    expect(await readReport(report(rejected))).toMatchObject({ payments: [{ said: { status: 'RJCT' } }] });
  });

  it('eleven megabytes', async () => {
    const huge = report(`${transaction('ACSC')}<!--${'x'.repeat(1_000)}-->`.repeat(8_000));
    const read = await readReport(huge);
    expect(read).toMatchObject({ type: 'statuses', payments: { length: 8_000 } });
  });

  it.each([
    ['an Errors document', '<Errors><Error><Code>errStatement_RequestInvalid</Code></Error></Errors>', 'errors'],
    ['no XML', 'hello', 'unreadable'],
    ['a DOCTYPE', '<!DOCTYPE a [<!ENTITY x SYSTEM "file:///etc/passwd">]><a>&x;</a>', 'unreadable'],
    ['another document', '<Document><VibanOpn/></Document>', 'unreadable'],
    ['nothing', '', 'unreadable'],
  ])('%s says so', async (_name, body, type) => {
    expect((await readReport(body)).type).toBe(type);
  });
});

describe('camt.054: a booked debit confirms, a credit may be money that came back', () => {
  const notice = (
    direction: string,
    { status = '<Sts>BOOK</Sts>', reversal = '', more = '' } = {},
  ) => `<Document><BkToCstmrDbtCdtNtfctn>
    <Ntfctn><Ntry><CdtDbtInd>${direction}</CdtDbtInd>${reversal}${status}<NtryDtls><TxDtls><Refs><EndToEndId>${E2E}</EndToEndId>
    </Refs>${more}</TxDtls></NtryDtls></Ntry></Ntfctn></BkToCstmrDbtCdtNtfctn></Document>`;
  const reversal = '<RvslInd>true</RvslInd>';
  it.each([
    [notice('DBIT'), { debits: [E2E] }],
    [notice('DBIT', { status: '<Sts><Cd>BOOK</Cd></Sts>' }), { debits: [E2E] }],
    [notice('DBIT', { status: '<Sts>PDNG</Sts>' }), {}],
    [notice('CRDT', { status: '<Sts>PDNG</Sts>' }), {}],
    // ISO 20022: a debit that is a reversal takes a credit back.
    [notice('DBIT', { reversal }), { undone: [E2E] }],
  ])('%#', async (body, booked) => {
    expect(await readReport(body)).toEqual({ type: 'booked', debits: [], credits: [], undone: [], ...booked });
  });

  const family = (code: string) =>
    `<BkTxCd><Domn><Cd>PMNT</Cd><Fmly><Cd>RCDT</Cd><SubFmlyCd>${code}</SubFmlyCd></Fmly></Domn></BkTxCd>`;
  it.each([
    ['a plain one', { more: '<Amt Ccy="EUR">0.01</Amt>' }, { isReturn: false, cents: 1, currency: 'EUR' }],
    ['the reversal of a debit', { reversal }, { isReturn: true }],
    ['called a return', { more: family('RRTN') }, { isReturn: true }],
    ['called an ordinary transfer', { more: family('ESCT') }, { isReturn: false }],
    [
      'with the reason of its return',
      {
        more: `<AmtDtls><TxAmt><Amt Ccy="EUR">12.5</Amt></TxAmt></AmtDtls>
          <RtrInf><Rsn><Cd>AC04</Cd></Rsn><AddtlInf>Account closed</AddtlInf></RtrInf>`,
      },
      { isReturn: true, cents: 1250, currency: 'EUR', reasons: ['AC04', 'Account closed'] },
    ],
  ])('a credit under our reference: %s', async (_name, more, read) => {
    const bare = { endToEndId: E2E, isReturn: false, cents: undefined, currency: undefined, reasons: [] };
    expect(await readReport(notice('CRDT', more))).toMatchObject({ debits: [], credits: [{ ...bare, ...read }] });
  });
});

describe('statuses → our words (third-parties.md 2.7)', () => {
  it.each([
    ...['RCVD', 'ACTC', 'ACCP', 'ACFC', 'PATC', 'PDNG', 'ACSP', 'ACWC', 'ACWP', 'PART', 'ZZZZ', ''].map((s) => [
      s,
      'pending',
    ]),
    ...['ACSC', 'ACCC'].map((s) => [s, 'done']),
    ...['RJCT', 'CANC', 'BLCK'].map((s) => [s, 'refused']),
  ])('%s is %s', (status, type) => {
    expect(bankWord({ status: status ?? '', codes: [], texts: [] }).type).toBe(type);
  });

  it.each(['DU01', 'DU02', 'AM05'])('RJCT %s means already received: it refuses nothing', (code) => {
    expect(bankWord({ status: 'RJCT', codes: [code], texts: [] }).type).toBe('pending');
  });

  it("a refusal carries the bank's code and text", () => {
    const word = bankWord({ status: 'RJCT', codes: ['AC04'], texts: ['account closed'] });
    expect(word).toMatchObject({
      failure: { code: 'AC04', provider: 'bank', message: expect.stringContaining('account closed') },
    });
  });
});
