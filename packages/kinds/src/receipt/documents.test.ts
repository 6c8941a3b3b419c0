import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { createJudges, textOfDocument, type DocumentType, type NamedType } from '@countersign/documents';
import { afterAll, expect, it } from 'vitest';
import { typesOf } from './receipt-type.ts';

// Real documents of others, byte for byte: test/documents/SOURCES.md says whose.
const FOLDER = new URL('./test/documents/', import.meta.url);
const judges = createJudges();
afterAll(() => judges.close());

const read = (path: string): Buffer => readFileSync(new URL(path, FOLDER));
const unzipped = (path: string): string => gunzipSync(read(path)).toString('utf8');
const files = (folder: string, ending: RegExp): string[] =>
  readdirSync(new URL(folder, FOLDER)).filter((name) => ending.test(name));
const contentTypeOf = (name: string): string => (/\.json$/.test(name) ? 'application/json' : 'application/xml');
const judge = async (name: string, bytes: Uint8Array, types: readonly NamedType[]) =>
  await judges.judge({ bytes, contentType: contentTypeOf(name) }, types);

/** Published schemas as an administrator would send them, of types the code knows nothing of. */
const xsd = (folder: string, main: string): Record<string, string> => {
  const names = files(folder, /\.xsd\.gz$/).map((name) => name.replace('.gz', ''));
  const ordered = [main, ...names.filter((name) => name !== main)];
  return Object.fromEntries(ordered.map((name) => [name, unzipped(`${folder}/${name}.gz`)]));
};
const defined = (name: string, type: DocumentType): NamedType => ({ name, version: 1, type });
const FA_2 = 'http://crd.gov.pl/wzor/2023/06/29/12648/';
const HUNGARY = 'http://schemas.nav.gov.hu/OSA/3.0/data';
const GOBL = 'https://gobl.org/draft-0/envelope';
const TYPES = [
  ...typesOf([]),
  defined('pl-fa-2', { format: 'xml', match: { root: 'Faktura', namespace: FA_2 }, xsd: xsd('pl-fa-2', 'schema.xsd') }),
  defined('hu-invoice-3', {
    format: 'xml',
    match: { root: 'InvoiceData', namespace: HUNGARY },
    xsd: xsd('hu-invoice-3', 'invoiceData.xsd'),
  }),
  defined('gobl', {
    format: 'json',
    match: { pointer: '/$schema', equals: GOBL },
    schema: JSON.parse(unzipped('gobl/schema.json.gz')),
  }),
];

const FOLDERS = ['ubl-invoice', 'peppol-bis-3', 'fiscal-receipt', 'pl-fa-2', 'hu-invoice-3', 'gobl'];
const DOCUMENTS = FOLDERS.flatMap((type) => files(type, /\.(xml|json)$/i).map((name) => [type, name] as const));

it('there are 50 of them and more, 30 of which are of the types that come with the code', () => {
  expect(DOCUMENTS.length).toBeGreaterThan(50);
  expect(DOCUMENTS.filter(([type]) => FOLDERS.indexOf(type) < 3).length).toBeGreaterThanOrEqual(30);
});

it.each(['pl-fa-2', 'hu-invoice-3', 'gobl'])('%s: the schemas of its authority are taken as they are', async (name) => {
  const type = TYPES.find((one) => one.name === name);
  expect(type && (await judges.check(type))).toEqual([]);
});

it.each(DOCUMENTS)('%s: %s is recognised and valid', async (type, name) => {
  const verdict = await judge(name, read(`${type}/${name}`), TYPES);
  expect(verdict).toEqual({ type: { name: type, version: 1 }, violations: [] });
});

it.each(DOCUMENTS)(
  '%s: %s is refused where something foreign stands in it, or its end is missing',
  async (type, name) => {
    const bytes = read(`${type}/${name}`);
    const [foreign, place] = /\.json$/.test(name)
      ? spoiltJson(bytes.toString('utf8'))
      : spoiltXml(bytes.toString('utf8'));
    const verdict = await judge(name, Buffer.from(foreign), TYPES);
    expect(verdict.type?.name).toBe(type);
    expect(verdict.violations[0]).toMatchObject(place);
    const half = await judge(name, bytes.subarray(0, bytes.length / 2), TYPES);
    expect(half.violations[0]?.detail).toContain('not well-formed');
    expect(half.violations[0]?.line).toBeGreaterThanOrEqual(1);
  },
);

/** An element nobody knows, on a line of its own, as the last of the root's children. */
function spoiltXml(text: string): [string, object] {
  const end = text.lastIndexOf('</');
  const line = text.slice(0, end).split('\n').length + 1;
  return [`${text.slice(0, end)}\n<foreign/>${text.slice(end)}`, { line, detail: expect.stringContaining('foreign') }];
}

/** A list where there should be something else. */
function spoiltJson(text: string): [string, object] {
  const document = JSON.parse(text) as Record<string, unknown>;
  const name = 'doc' in document ? 'head' : 'cbTerminalID';
  return [JSON.stringify({ ...document, [name]: [] }), { pointer: `/${name}` }];
}

it('an invoice whose lines do not add up is refused by its rule; one that is right to the cent is not', async () => {
  const name = 'PaymentRequest-example-1.xml';
  const wrong = await judge(name, read(`refused/${name}`), TYPES);
  expect(wrong).toMatchObject({ type: { name: 'ubl-invoice' }, violations: [{ rule: 'BR-CO-10' }] });
  // 860.091075 for its only line and 860.09 for all: EN 16931 rounds the sum.
  expect(read('ubl-invoice/sg-bis_SG_INV_example_11_-_Decimals.xml').toString('utf8')).toContain('860.091075');
});

it('the same invoice in UTF-8 with a mark, ISO-8859-1 and UTF-16 is the same text, and no type of another namespace takes it', async () => {
  const name = 'beispielwordrechnung.xml';
  const bytes = read(`bytes/${name}`);
  const text = bytes.toString('utf8').slice(1);
  const latin1 = Buffer.from(text.replace(/encoding="utf-8"/i, 'encoding="ISO-8859-1"'), 'latin1');
  const inUtf16 = Buffer.from(`\uFEFF${text.replace(/encoding="utf-8"/i, 'encoding="UTF-16"')}`, 'utf16le');
  for (const form of [bytes, latin1, inUtf16]) {
    expect(textOfDocument(form, 'application/xml').text).toContain('Haupstraße');
    const { type, violations } = await judge(name, form, TYPES);
    expect(type).toBeUndefined();
    expect(violations[0]?.detail).toContain('http://www.ebinterface.at/schema/');
  }
});
