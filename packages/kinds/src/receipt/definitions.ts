import type { DocumentType } from '@countersign/documents';
import type { DefinitionContract } from '../contract.ts';
import { judges, receiptType, toNamed, TYPE_NAME, typesOf } from './receipt-type.ts';
import { SHIPPED_NAMES, SHIPPED_VERSION } from './shipped-types.ts';

/** Receipt types: defined while everything runs, in force on every replica with the next document that is judged. */
export const receiptTypes: DefinitionContract = {
  path: 'receipt-types',
  noun: 'receipt type',
  name: TYPE_NAME,
  body: receiptType,
  after: (name) => (SHIPPED_NAMES.includes(name) ? SHIPPED_VERSION : 0),
  all: (defined) => typesOf(defined).map(({ name, version, type }) => ({ name, version, body: type })),
  check: async (name, body) => await judges().check(toNamed({ name, version: 0, body })),
  tries: {
    contentTypes: ['application/json', 'application/xml', 'text/xml'],
    bodyLimit: 1024 * 1024,
    run: async ({ name, version, body }, paper) => {
      // As it was kept: judged by `receiptType` then.
      const type = body as DocumentType;
      const verdict = await judges().judge({ ...paper, wanted: name }, [{ name, version, type }]);
      return { valid: verdict.violations.length === 0, type: { name, version }, violations: verdict.violations };
    },
  },
};
