import { readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import { newId } from '@countersign/store';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { ADMIN_KEY, openDoor, type Stage, type Answer } from './stage.ts';

let door: Stage;
let key: string;
let reader: string;
beforeAll(async () => {
  door = await openDoor();
  ({ key } = await door.client());
  ({ key: reader } = await door.client(['read']));
});
afterAll(() => door?.close());

const till = {
  format: 'json',
  match: { pointer: '/kind', equals: 'till' },
  schema: {
    type: 'object',
    required: ['lines', 'total'],
    properties: {
      lines: { type: 'array', items: { type: 'object', required: ['amount'] } },
      total: { type: 'number' },
    },
  },
  rules: [
    {
      id: 'total',
      expression: 'sum(document.lines.map(l, l.amount)) == document.total',
      message: 'the lines do not add up',
    },
  ],
};
const put = async (name: string, json: unknown) =>
  await door.call(`/v1/receipt-types/${name}`, { method: 'PUT', key: ADMIN_KEY, json });
const tries = async (name: string, text: string | Uint8Array, type = 'application/json') =>
  await door.call(`/v1/receipt-types/${name}/try`, { key, text, headers: { 'content-type': type } });

test('201, then 200: a type is defined and defined anew; versions count, the same definition is the same version', async () => {
  const first = await put('till', till);
  expect([first.status, first.json.version], first.text).toEqual([201, 1]);
  expect((await put('till', till)).json.version).toBe(1);
  expect((await put('till', { ...till, rules: [] })).json.version).toBe(2);
  expect((await put('till', till)).json.version).toBe(3);
  const read = await door.call('/v1/receipt-types/till?version=2', { key: reader });
  expect(read.json).toMatchObject({ name: 'till', version: 2, format: 'json', rules: [] });
  const all = await door.call('/v1/receipt-types', { key: reader });
  expect(all.json.data.map(({ name, version }) => `${name} ${version}`)).toEqual([
    'till 3',
    'peppol-bis-3 1',
    'ubl-invoice 1',
    'fiscal-receipt 1',
  ]);
});

test('400: what is wrong with a type is said with a pointer, and nothing of it is kept', async () => {
  const wrong = async (json: unknown) => (await put('wrong', json)).json.errors?.[0];
  expect(await wrong({ ...till, schema: { type: 'strin' } })).toMatchObject({ pointer: '/schema' });
  expect(await wrong({ ...till, schema: { requird: [] } })).toMatchObject({ pointer: '/schema' });
  expect(await wrong({ ...till, schema: { pattern: '(' } })).toMatchObject({ pointer: '/schema' });
  expect(await wrong({ ...till, rules: ['document.a.matches("(a+)+")'] })).toMatchObject({ pointer: '/rules/0' });
  expect(await wrong({ ...till, rules: [{ expression: '1 +' }] })).toMatchObject({ pointer: '/rules/0/expression' });
  expect(await wrong({ ...till, what: 1 })).toMatchObject({ pointer: '/what' });
  expect(await wrong({ format: 'xml', xsd: '<xs:schema' })).toMatchObject({ pointer: '/xsd' });
  const missing =
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:include schemaLocation="file:///etc/passwd"/></xs:schema>';
  expect(await wrong({ format: 'xml', xsd: missing })).toMatchObject({ pointer: '/xsd' });
  expect((await door.call('/v1/receipt-types/wrong', { key: reader })).status).toBe(404);
  expect((await put('no%20spaces', till)).status).toBe(400);
  expect((await put(encodeURIComponent('../x'), till)).status).toBe(400);
});

test('403 and 401: types are for administrators, trying is for who writes', async () => {
  const path = '/v1/receipt-types/till';
  expect((await door.call(path, { method: 'PUT', key, json: till })).status).toBe(403);
  expect((await door.call(path, { method: 'PUT', json: till })).status).toBe(401);
  expect((await door.call(`${path}/try`, { key: reader, text: '{}' })).status).toBe(403);
});

test('200: a document is tried without being submitted; violations have pointers and rules', async () => {
  await put('till', till);
  const good = '{"kind":"till","lines":[{"amount":0.1},{"amount":0.2}],"total":0.3}';
  expect((await tries('till', good)).json).toMatchObject({ valid: true, type: { name: 'till' }, violations: [] });
  const lines = await tries('till', good.replace('"total":0.3', '"total":0.31'));
  expect(lines.json).toMatchObject({
    valid: false,
    violations: [{ rule: 'total', detail: 'the lines do not add up' }],
  });
  const shape = await tries('till', '{"kind":"till","lines":[{}],"total":"1"}');
  expect(shape.json.violations.map(({ pointer }) => pointer)).toEqual(['/lines/0', '/total']);
  expect((await tries('till', '{"kind":\n "till",}')).json.violations[0]).toMatchObject({ line: 2 });
  expect((await tries('till', '')).status).toBe(400);
  expect((await tries('nothing', '{}')).status).toBe(404);
});

test('200: an XSD in several files, and what it refuses has a line', async () => {
  const main =
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" xmlns="urn:t" targetNamespace="urn:t"><xs:include schemaLocation="parts/amount.xsd"/><xs:element name="slip"><xs:complexType><xs:sequence><xs:element name="total" type="amount"/></xs:sequence></xs:complexType></xs:element></xs:schema>';
  const amount =
    '<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema" targetNamespace="urn:t"><xs:simpleType name="amount"><xs:restriction base="xs:decimal"><xs:minExclusive value="0"/></xs:restriction></xs:simpleType></xs:schema>';
  const made = await put('slip', {
    format: 'xml',
    match: { root: 'slip', namespace: 'urn:t' },
    xsd: { 'slip.xsd': main, 'parts/amount.xsd': amount },
  });
  expect(made.status, made.text).toBe(201);
  expect((await tries('slip', '<t:slip xmlns:t="urn:t"><total>1.5</total></t:slip>', 'text/xml')).json.valid).toBe(
    true,
  );
  const bad = await tries('slip', '<t:slip xmlns:t="urn:t">\n<total>0</total></t:slip>', 'text/xml');
  expect(bad.json).toMatchObject({ valid: false, violations: [{ line: 2 }] });
});

test('202: a receipt is accepted whatever it says, with the type its sender names; the header is judged', async () => {
  const headers = { 'content-type': 'application/json', 'receipt-type': 'till', 'idempotency-key': 'receipt-1' };
  const made = await door.call('/v1/receipts', { key, headers, text: '{broken' });
  expect(made.json).toMatchObject({ status: 'PENDING', kind: 'receipt', receiptType: 'till', request: null });
  expect(made.json.id).toBe(made.json.submissionId);
  expect((await door.call(made.json.links.self, { key })).json).toMatchObject({ receiptType: 'till' });
  const bad = await door.call('/v1/receipts', { key, headers: { ...headers, 'receipt-type': 'a b' }, text: '{}' });
  expect([bad.status, bad.json.errors[0]?.pointer]).toEqual([400, '/headers/receipt-type']);
  expect((await door.call('/v1/receipts', { key: reader, headers, text: '{}' })).status).toBe(403);
});

test('the docs know receipts and their types', async () => {
  const { json } = await door.call('/openapi.json');
  expect(Object.keys(json.paths)).toEqual(
    expect.arrayContaining([
      '/v1/receipts',
      '/v1/receipts/{id}/document',
      '/v1/receipts/{id}/status',
      '/v1/receipt-types/{name}/try',
    ]),
  );
});

test('200: the shipped types judge as their standards do', async () => {
  const example = (name: string) =>
    readFileSync(new URL(`../../../packages/kinds/src/receipt/examples/${name}`, import.meta.url), 'utf8');
  expect((await tries('ubl-invoice', example('ubl-invoice.xml'), 'application/xml')).json).toMatchObject({
    valid: true,
  });
  expect((await tries('peppol-bis-3', example('peppol-bis-3.xml'), 'application/xml')).json).toMatchObject({
    valid: true,
  });
  expect((await tries('fiscal-receipt', example('fiscal-receipt.json'))).json).toMatchObject({ valid: true });
  const unpaid = example('fiscal-receipt.json').replaceAll(
    '"Amount": 122.0,\n      "ftPay',
    '"Amount": 121.0,\n      "ftPay',
  );
  expect((await tries('fiscal-receipt', unpaid)).json.violations).toMatchObject([{ rule: 'paid' }]);
});

test('201, then 200: schemas as their authorities publish them are taken while everything runs, and judge their documents', async () => {
  const folder = new URL('../../../packages/kinds/src/receipt/test/documents/', import.meta.url);
  const unzipped = (path: string) => gunzipSync(readFileSync(new URL(path, folder))).toString('utf8');
  const files = ['schema', 'StrukturyDanych_v10-0E', 'ElementarneTypyDanych_v10-0E', 'KodyKrajow_v10-0E'];
  const xsd = Object.fromEntries(files.map((name) => [`${name}.xsd`, unzipped(`pl-fa-2/${name}.xsd.gz`)]));
  const made = await put('pl-fa-2', { format: 'xml', match: { root: 'Faktura' }, xsd });
  expect(made.status, made.text).toBe(201);
  for (const name of readdirSync(new URL('pl-fa-2', folder)).filter((file) => file.endsWith('.xml'))) {
    const text = readFileSync(new URL(`pl-fa-2/${name}`, folder));
    expect((await tries('pl-fa-2', text, 'application/xml')).json, name).toMatchObject({ valid: true });
  }
  const gobl = await put('gobl', { format: 'json', schema: JSON.parse(unzipped('gobl/schema.json.gz')) });
  expect(gobl.status, gobl.text).toBe(201);
  const invoice = readFileSync(new URL('gobl/de_invoice-de-de-xr.json', folder), 'utf8');
  expect((await tries('gobl', invoice)).json).toMatchObject({ valid: true });
  const wrong = await tries('gobl', invoice.replace('"currency": "EUR"', '"currency": "EURO"'));
  expect(wrong.json).toMatchObject({ valid: false });
  expect(wrong.json.violations[0]).toMatchObject({
    pointer: '/doc/currency',
    detail: expect.stringContaining('one of'),
  });
});

test('200: pages up to 10,000 are streamed, whole and in order, and the cursor goes on from there', async () => {
  const { id: clientId, key: mine } = await door.client();
  const made: string[] = [];
  await Promise.all(
    Array.from({ length: 3_250 }, async () => {
      const id = newId();
      made.push(id);
      const draft = {
        id,
        kind: 'receipt',
        clientId,
        naturalId: `#${id}`,
        fingerprint: 'ab',
        body: '',
        bytes: Buffer.from('<a/>'),
      };
      await door.store.intake.accept({
        ...draft,
        contentType: 'text/xml',
        callbackUrl: null,
        traceparent: null,
        queued: false,
      });
    }),
  );
  const newestFirst = made.sort().reverse();
  const page = async (query: string) => await door.call(`/v1/receipts?${query}`, { key: mine });
  const ids = ({ json }: Answer) => json.data.map(({ id }) => id);
  const all = await page('limit=10000');
  expect(ids(all)).toEqual(newestFirst);
  expect(all.json.nextCursor).toBeNull();
  const some = await page('limit=2500');
  expect(ids(some)).toEqual(newestFirst.slice(0, 2_500));
  const rest = await page(`limit=10000&cursor=${some.json.nextCursor}`);
  expect(ids(rest)).toEqual(newestFirst.slice(2_500));
  expect(ids(await page('limit=1001&status=PENDING'))).toHaveLength(1_001);
  expect(ids(await page('limit=10000&status=FAILED'))).toEqual([]);
  expect((await page('limit=10001')).status).toBe(400);
  expect((await page('limit=10000&cursor=nonsense')).status).toBe(400);
});
