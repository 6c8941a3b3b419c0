import { anyOf, type LoadKind } from './kind.ts';
import type { Page } from '../ledger.ts';

const both = [
  'created-done',
  'poll-only',
  'unknown-status',
  'webhook-twice',
  'webhook-late',
  'webhook-out-of-order',
  'webhook-first',
  'webhook-forged',
  'webhook-unsigned',
  'duplicate',
  'replay',
];
const troubles = [
  '504-kept',
  '504-kept-late',
  '504-lost',
  'silent-kept',
  'silent-lost',
  'reset-before',
  'reset-after',
  'burst-500',
  'malformed',
  'huge',
];
/** Documents that try to harm who reads them; each must be refused, and nothing else may notice. */
export const POISON = ['poison-pattern', 'poison-deep', 'poison-entities', 'poison-garbage'] as const;
/** No XML to speak of, and no text either. */
const GARBAGE = '\u0000<\uFFFF<<<!--]]>\u0001&#0;';
const DEEP = 20_000;

/** The type of the documents whose pattern a naive matcher never ends with: `^(a+)+$` over `aaaa…!`. */
export const POISON_TYPE = {
  name: 'chaos-poison',
  body: {
    format: 'json',
    match: { pointer: '/poison', equals: true },
    schema: { type: 'object', properties: { text: { type: 'string', pattern: '^(a+)+$' } } },
  },
};

/** Fates are marks in a note: `sim:tax=error` for one authority, `sim:created-done` for both (apps/simulator/src/authority/README.md). */
export const kind: LoadKind = {
  name: 'receipt',
  path: 'receipts',
  weight: 16,
  fates: {
    done: { weight: 25, ends: 'by the books' },
    ...anyOf([...both, ...troubles.flatMap((fate) => [`tax=${fate}`, `warehouse=${fate}`])], 1, 'by the books'),
    ...anyOf(
      ['error', 'created-error', 'tax=created-error', 'warehouse=error', 'tax=refused', 'tax=503-always'],
      1.5,
      'by the books',
    ),
    ...anyOf(['webhook-only', 'webhook-only-error'], 0.5, 'by a webhook'),
    ...anyOf(
      ['created-for-ever', 'tax=never-answers', 'warehouse=created-for-ever', 'duplicate-elsewhere'],
      0.5,
      'maybe never',
    ),
    ...anyOf(['does-not-add-up'], 3, 'by the books'),
    ...anyOf(POISON, 0.6, 'by the books'),
  },
  isNamed: false,
  reuse: 422,
  amount: () => '',
  request(op, which, callbackUrl) {
    const type = op.fate === 'poison-entities' || op.fate === 'poison-garbage' ? 'application/xml' : 'application/json';
    // A third of them have no key but their own bytes.
    const isKeyed = op.n % 3 !== 0 || op.fate === 'poison-garbage';
    return {
      headers: {
        'content-type': type,
        ...(isKeyed ? { 'idempotency-key': `receipt-${op.id}` } : {}),
        ...(callbackUrl === undefined ? {} : { 'callback-url': callbackUrl }),
      },
      body: op.valid ? documentOf(op.fate, op.id, isKeyed && which === 'other') : '',
    };
  },
  idIn: () => undefined,
  // `12-1874`, wherever it stands in a document that may be no JSON at all.
  idInDocument: (document) => /(?<!\d)\d+-\d+(?!\d)/.exec(document)?.[0],
  wrong(op, { state, code }, pages) {
    const [tax, warehouse] = ['tax', 'warehouse'].map((name) => pages.find(({ party }) => party === name));
    const words = `tax ${tax?.status ?? 'nothing'}, warehouse ${warehouse?.status ?? 'nothing'}`;
    if (isInvalid(op.fate)) {
      if (state !== 'FAILED' || code !== 'INVALID_RECEIPT') return 'its document is invalid';
      return isDone(tax) || isDone(warehouse) ? 'it is invalid and was registered' : undefined;
    }
    if (code === 'INVALID_RECEIPT') return 'its document is valid';
    if (state === 'COMPLETED') return isDone(tax) && isDone(warehouse) ? undefined : `the authorities say ${words}`;
    if (state === 'FAILED') return isDone(tax) && isDone(warehouse) ? `the authorities say ${words}` : undefined;
    return undefined;
  },
};

export const isInvalid = (fate: string): boolean => fate === 'does-not-add-up' || POISON.some((one) => one === fate);
const isDone = (page: Page | undefined): boolean => (page?.effects ?? 0) > 0 && page?.status === 'DONE';

/** Where DOCTYPEs lead; whoever goes there is seen (I-20). */
export const canary = { url: 'http://127.0.0.1:9/canary' };

function documentOf(fate: string, id: string, isOther: boolean): string {
  if (fate === 'poison-deep')
    return `{"cbReceiptReference":"${id}","ftReceiptCase":"0x${isOther ? 2 : 1}","deep":${'['.repeat(DEEP)}${']'.repeat(DEEP)}}`;
  if (fate === 'poison-garbage') return `${GARBAGE}${id}${isOther ? '!' : ''}`;
  if (fate === 'poison-pattern')
    return JSON.stringify({
      poison: true,
      reference: id,
      text: `${'a'.repeat(60)}!`,
      ...(isOther ? { other: true } : {}),
    });
  if (fate === 'poison-entities') {
    const laughs = Array.from({ length: 9 }, (_, n) => `<!ENTITY l${n + 1} "${`&l${n};`.repeat(10)}">`).join('');
    return `<?xml version="1.0"?><!DOCTYPE r SYSTEM "${canary.url}" [<!ENTITY l0 "ha"><!ENTITY x SYSTEM "${canary.url}/x">${laughs}]><r id="${id}">&x;&l9;${isOther ? '!' : ''}</r>`;
  }
  const paid = fate === 'does-not-add-up' ? 121 : 122;
  return JSON.stringify({
    ftCashBoxID: 'IT-SCU-1234567',
    cbTerminalID: 'T1',
    cbReceiptReference: id,
    ftReceiptCase: '0x4954200000000001',
    cbChargeItems: [
      { Quantity: 1, Description: 'Bread', Amount: 100.1, VATRate: 22 },
      { Quantity: 2, Description: isOther ? 'Pepper' : 'Salt', Amount: 21.9, VATRate: 22 },
    ],
    cbPayItems: [{ Quantity: 1, Description: 'Cash', Amount: paid }],
    note: fate === 'done' || fate === 'does-not-add-up' ? '' : `sim:${fate}`,
  });
}
