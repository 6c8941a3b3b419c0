import { taxWebhook, warehouseWebhook } from '@countersign/providers';
import { z } from 'zod';
import type { KindContract } from '../contract.ts';
import { receiptTypes } from './definitions.ts';
import { TYPE_NAME } from './receipt-type.ts';

/** 2 kB are typical; the largest invoice with attachments we know has 700 kB. */
const BODY_LIMIT = 1024 * 1024;

/** `POST /v1/receipts`: contract sections 3.1 and 4. The body is the document itself, kept as it came. */
export const contract: KindContract = {
  kind: 'receipt',
  path: 'receipts',
  summary: 'A receipt or invoice, registered with the tax authority and the warehouse',
  intake: {
    type: 'raw',
    contentTypes: ['application/json', 'application/xml', 'text/xml'],
    key: { from: 'header-or-digest', pattern: /^[\x21-\x7e]{1,255}$/, expected: '1 to 255 printable characters' },
    bodyLimit: BODY_LIMIT,
    headers: {
      'receipt-type':
        'Names the type it is judged by; absent, the type is found by its XML root element and namespace, or by the JSON matchers of the registered types.',
    },
    facts: (header) => {
      const name = header('receipt-type');
      if (name === undefined) return {};
      if (TYPE_NAME.test(name)) return { receiptType: name };
      return {
        header: 'receipt-type',
        fault: 'must be 1 to 64 of A-Z a-z 0-9 . _ -, beginning with a letter or digit',
      };
    },
  },
  acceptedStatus: 202,
  onReplay: 'same',
  onReuse: 422,
  providers: ['tax', 'warehouse'],
  webhooks: [taxWebhook, warehouseWebhook],
  callbacks: ['completed', 'failed', 'unresolved'],
  resourceFields: {
    receiptType: z.string().meta({ description: 'The type it was judged by; before that, the one its sender named.' }),
    receiptTypeVersion: z.int().meta({ description: 'The version of the type it was judged by.' }),
    fiscalCode: z.string().meta({ description: "The tax authority's number." }),
  },
  maxListLimit: 10_000,
  definitions: receiptTypes,
};
