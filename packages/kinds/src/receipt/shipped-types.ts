import { existsSync, readdirSync, readFileSync } from 'node:fs';
import { gunzipSync } from 'node:zlib';
import type { Definition, JsonObject } from '@countersign/flow';

const INVOICE = 'urn:oasis:names:specification:ubl:schema:xsd:Invoice-2';

/** Rules of EN 16931 that the UBL schema cannot say, in the words of that standard. */
const TOTALS = [
  {
    id: 'BR-CO-10',
    expression:
      'round(sum(values(document, "InvoiceLine/LineExtensionAmount")), 2) == number(document.LegalMonetaryTotal.LineExtensionAmount)',
    message: 'LegalMonetaryTotal/LineExtensionAmount must be the sum of the lines, rounded to two digits',
  },
];

const PEPPOL = [
  ...TOTALS,
  {
    id: 'PEPPOL-EN16931-R003',
    expression: 'size(values(document, "BuyerReference")) + size(values(document, "OrderReference/ID")) > 0',
    message: 'a buyer reference or an order reference must be there',
  },
  { id: 'PEPPOL-EN16931-R001', expression: 'has(document.ProfileID)', message: 'ProfileID must be there' },
  {
    id: 'PEPPOL-EN16931-R010',
    expression: 'size(values(document, "AccountingCustomerParty/Party/EndpointID")) == 1',
    message: "the buyer's electronic address (EndpointID) must be there",
  },
  {
    id: 'PEPPOL-EN16931-R020',
    expression: 'size(values(document, "AccountingSupplierParty/Party/EndpointID")) == 1',
    message: "the seller's electronic address (EndpointID) must be there",
  },
];

/** The types that come with the code; an administrator's type of the same name replaces one, from version 2 on. */
export function shippedTypes(): readonly Definition[] {
  const xsd = filesOf('ubl-2.1', 'invoice.xsd');
  const type = (name: string, body: JsonObject): Definition => ({ name, version: 1, body });
  return [
    type('peppol-bis-3', {
      format: 'xml',
      match: {
        root: 'Invoice',
        namespace: INVOICE,
        child: {
          name: 'CustomizationID',
          startsWith: 'urn:cen.eu:en16931:2017#compliant#urn:fdc:peppol.eu:2017:poacc:billing:3.0',
        },
      },
      xsd,
      rules: PEPPOL,
    }),
    type('ubl-invoice', { format: 'xml', match: { root: 'Invoice', namespace: INVOICE }, xsd, rules: TOTALS }),
    type('fiscal-receipt', FISCAL),
  ];
}

/** The version a shipped type has; administrators' versions of that name go on from there. */
export const SHIPPED_VERSION = 1;
export const SHIPPED_NAMES: readonly string[] = ['peppol-bis-3', 'ubl-invoice', 'fiscal-receipt'];

const item = (more: JsonObject): JsonObject => ({
  type: 'object',
  required: ['Quantity', 'Description', 'Amount'],
  properties: {
    Quantity: { type: 'number' },
    Description: { type: 'string', minLength: 1, maxLength: 500 },
    Amount: { type: 'number' },
    ...more,
  },
});

/** A till's receipt as fiskaltrust's interface describes it (`cbChargeItems`, `cbPayItems`). */
const FISCAL: JsonObject = {
  format: 'json',
  match: { pointer: '/cbChargeItems' },
  schema: {
    $schema: 'https://json-schema.org/draft/2020-12/schema',
    type: 'object',
    required: ['cbTerminalID', 'cbReceiptReference', 'ftReceiptCase', 'cbChargeItems', 'cbPayItems'],
    properties: {
      ftCashBoxID: { type: 'string', maxLength: 100 },
      ftPosSystemId: { type: 'string', maxLength: 100 },
      cbTerminalID: { type: 'string', minLength: 1, maxLength: 100 },
      cbReceiptReference: { type: 'string', minLength: 1, maxLength: 100 },
      cbReceiptMoment: { type: 'string', format: 'date-time', maxLength: 40 },
      ftReceiptCase: { type: ['string', 'integer'] },
      cbChargeItems: {
        type: 'array',
        maxItems: 5_000,
        items: item({
          VATRate: { type: 'number', minimum: 0, maximum: 100 },
          ftChargeItemCase: { type: ['string', 'integer'] },
        }),
      },
      cbPayItems: { type: 'array', maxItems: 100, items: item({ ftPayItemCase: { type: ['string', 'integer'] } }) },
      note: { type: 'string', maxLength: 500 },
    },
  },
  rules: [
    {
      id: 'paid',
      expression: 'sum(document.cbChargeItems.map(i, i.Amount)) == sum(document.cbPayItems.map(i, i.Amount))',
      message: 'the sum of cbChargeItems must be the sum of cbPayItems',
    },
  ],
};

// From source the files lie beside this file; in a build, in the kind's folder beside the bundle.
const FOLDERS = [new URL('./types/', import.meta.url), new URL('./kinds/receipt/types/', import.meta.url)];

/** The files of a schema, `main` first; those of others are kept compressed, byte for byte as they were published. */
function filesOf(folder: string, main: string): Record<string, string> {
  const found = FOLDERS.map((base) => new URL(`${folder}/`, base)).find((url) => existsSync(url));
  if (!found)
    throw new Error(`the files of receipt type ${folder} are not where they should be: ${String(FOLDERS[0])}`);
  const names = readdirSync(found).filter((name) => /\.xsd(\.gz)?$/.test(name));
  const ordered = [main, ...names.filter((name) => name !== main).sort()];
  return Object.fromEntries(
    ordered.map((name) => {
      const bytes = readFileSync(new URL(name, found));
      return [name.replace(/\.gz$/, ''), (name.endsWith('.gz') ? gunzipSync(bytes) : bytes).toString('utf8')];
    }),
  );
}
