import { readFileSync } from 'node:fs';
import { XmlDocument, XsdValidator } from 'libxml2-wasm';
import { afterAll, describe, expect, it } from 'vitest';
import { buildPain001, centsOf, decimalOf, readTransfer, totalCents, type Transfer } from '../src/index.ts';

const schema = XmlDocument.fromBuffer(readFileSync(new URL('fixtures/pain.001.001.09.xsd', import.meta.url)));
const validator = XsdValidator.fromDoc(schema);
afterAll(() => {
  validator.dispose();
  schema.dispose();
});

const ID = (n: number): string => `0199a1b2-0000-7000-8000-${String(n).padStart(12, '0')}`;
const debtor = { name: 'Countersign OÜ', iban: 'EE47 1000 0010 2014 5685', bic: 'LHVBEE22' };

function transfer(n: number, part: Record<string, unknown> = {}, creditor: Record<string, unknown> = {}): Transfer {
  const body = {
    id: `p${n}`,
    amount: '12.50',
    currency: 'EUR',
    creditor: { name: 'Ada', iban: 'EE382200221020145685', ...creditor },
  };
  const read = readTransfer(ID(n), JSON.stringify({ ...body, ...part }));
  if (typeof read === 'string') throw new Error(read);
  return read;
}

function build(transfers: readonly Transfer[], part: { debtor?: typeof debtor } = {}): string {
  const file = { msgId: 'a'.repeat(32), createdAtMs: 1_770_000_000_000, debtor, transfers, ...part };
  const bytes = buildPain001(file);
  const document = XmlDocument.fromBuffer(bytes);
  try {
    validator.validate(document);
  } finally {
    document.dispose();
  }
  expect(buildPain001(file).equals(bytes)).toBe(true);
  return bytes.toString('utf8');
}

const text = (xml: string, name: string): string[] =>
  [...xml.matchAll(new RegExp(`<${name}[^>]*>([^<]*)</${name}>`, 'g'))].map((m) => m[1] ?? '');

describe('every file is valid against the XSD, exact to the cent, the same bytes each time', () => {
  it('one payout', () => {
    const xml = build([transfer(1)]);
    expect(text(xml, 'CtrlSum')).toEqual(['12.50', '12.50']);
    expect(text(xml, 'NbOfTxs')).toEqual(['1', '1']);
    expect(text(xml, 'EndToEndId')).toEqual([ID(1).replaceAll('-', '')]);
    expect(text(xml, 'Ccy')).toEqual(['EUR']);
  });

  it('a hundred, whose cents would drift as floating numbers', () => {
    const amounts = Array.from({ length: 100 }, (_, n) => `${n * 7}.${String((n * 37) % 100).padStart(2, '0')}`);
    const transfers = amounts.map((amount, n) => transfer(n, { amount: amount === '0.00' ? '0.10' : amount }));
    const xml = build(transfers);
    const sum = text(xml, 'InstdAmt').reduce((total, amount) => total + BigInt(amount.replace('.', '')), 0n);
    expect(text(xml, 'CtrlSum')[0]).toBe(decimalOf(Number(sum)));
    expect(totalCents(transfers)).toBe(Number(sum));
    expect(text(xml, 'NbOfTxs')[0]).toBe('100');
  });

  it('with all a payout can have, in pounds, with names that would break XML', () => {
    const address = { country: 'GB', town: "King's Lynn", street: 'Weiß & <Söhne> "Str." 1', postCode: 'PE30 1AA' };
    const creditor = { name: 'Łukasz & Søn <Ltd>', iban: 'GB29 NWBK 6016 1331 9268 19', bic: 'NWBKGB2L', address };
    const xml = build([transfer(1, { currency: 'GBP', remittance: 'Счёт "5" & co' }, creditor)]);
    expect(text(xml, 'ChrgBr')).toEqual(['SHAR']);
    expect(xml).not.toMatch(/[^\x20-\x7e\n]/);
  });

  it('the largest of each, and a debtor without a BIC', () => {
    const creditor = {
      name: 'x'.repeat(70),
      address: { country: 'EE', town: 't'.repeat(35), street: 's'.repeat(70), postCode: 'p'.repeat(16) },
    };
    const most = transfer(1, { amount: '999999999.99', remittance: 'r'.repeat(140) }, creditor);
    build(
      Array.from({ length: 100 }, (_, n) => ({ ...most, endToEndId: `e${n}` })),
      {
        debtor: { name: debtor.name, iban: debtor.iban } as typeof debtor,
      },
    );
  });
});

describe('a payout that would make the file invalid is refused alone', () => {
  const body = (part: Record<string, unknown>): string =>
    JSON.stringify({
      id: 'p',
      amount: '1.00',
      currency: 'EUR',
      creditor: { name: 'Ada', iban: 'EE382200221020145685' },
      ...part,
    });
  it.each([
    ['no JSON', '{'],
    ['no creditor', body({ creditor: undefined })],
    ['a name nobody can write', body({ creditor: { name: '王', iban: 'EE382200221020145685' } })],
    ['a name that is too long', body({ creditor: { name: 'x'.repeat(71), iban: 'EE382200221020145685' } })],
    ['an IBAN that is none', body({ creditor: { name: 'Ada', iban: '<IBAN>' } })],
    ['a BIC that is none', body({ creditor: { name: 'Ada', iban: 'EE382200221020145685', bic: 'X' } })],
    [
      'an address without a town',
      body({ creditor: { name: 'Ada', iban: 'EE382200221020145685', address: { country: 'EE' } } }),
    ],
    ['three decimals', body({ amount: '1.005' })],
    ['nothing', body({ amount: '0.00' })],
    ['a remittance of slashes', body({ remittance: '//' })],
    ['a currency in small letters', body({ currency: 'eur' })],
  ])('%s', (_name, given) => {
    expect(typeof readTransfer(ID(1), given)).toBe('string');
  });
});

it.each([
  ['12.50', 1_250],
  ['12.5', 1_250],
  [12.5, 1_250],
  ['0.07', 7],
  ['999999999.99', 99_999_999_999],
  ['0.00', undefined],
  ['1e3', undefined],
  ['-1', undefined],
  ['1.005', undefined],
])('%s is %s cents', (amount, cents) => {
  expect(centsOf(amount)).toBe(cents);
});
