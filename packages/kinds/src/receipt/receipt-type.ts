import { createJudges, type DocumentType, type Judges, type NamedType } from '@countersign/documents';
import type { Definition } from '@countersign/flow';
import { z } from 'zod';
import { shippedTypes } from './shipped-types.ts';

/** A name of a receipt type, also as the header `Receipt-Type` gives it. */
export const TYPE_NAME = /^[A-Za-z0-9][A-Za-z0-9._-]{0,63}$/;

const jsonMatch = z
  .strictObject({
    pointer: z.string().regex(/^(\/[^/]*)*$/, { error: 'must be a JSON pointer such as /kind' }),
    equals: z.unknown().optional(),
  })
  .meta({ id: 'JsonMatch', description: 'The document has this value there; without `equals`, any.' });

const xmlMatch = z
  .strictObject({
    root: z.string().min(1).meta({ description: 'Local name of the root element.' }),
    namespace: z.string().nullish(),
    child: z
      .strictObject({ name: z.string().min(1), startsWith: z.string().min(1) })
      .optional()
      .meta({ description: 'A child of the root whose text begins so: narrower, so it goes first.' }),
  })
  .meta({ id: 'XmlMatch' });

const rule = z.union([
  z.string().min(1).max(4_000),
  z.strictObject({
    id: z.string().min(1).max(100).optional(),
    expression: z.string().min(1).max(4_000),
    message: z.string().min(1).max(500).optional(),
  }),
]);

const rules = z.array(rule).max(200).optional().meta({
  description:
    'CEL over `document`, each must be true; `sum(list)`, `round(x, digits)`, `number(x)`, `list(x)`, `values(document, "a/b")` besides.',
});

const xsd = z
  .union([
    z.string().min(1),
    z.record(z.string().min(1).max(200), z.string()).refine((files) => Object.keys(files).length > 0),
  ])
  .optional()
  .meta({ description: 'XSD 1.0: one file, or several by name, the first of which includes or imports the others.' });

/** The body of `PUT /v1/receipt-types/{name}`. */
export const receiptType = z
  .discriminatedUnion('format', [
    z.strictObject({
      format: z.literal('json'),
      match: jsonMatch.optional(),
      schema: z
        .union([z.record(z.string(), z.unknown()), z.boolean()])
        .optional()
        .meta({ description: 'JSON Schema 2020-12.' }),
      rules,
    }),
    z.strictObject({ format: z.literal('xml'), match: xmlMatch.optional(), xsd, rules }),
  ])
  .meta({
    id: 'ReceiptType',
    examples: [
      {
        format: 'json',
        match: { pointer: '/kind', equals: 'till' },
        schema: { type: 'object', required: ['lines', 'total'] },
        rules: [{ id: 'total', expression: 'sum(document.lines.map(l, l.amount)) == document.total' }],
      },
    ],
  });

let running: Judges | undefined;

/** One bench of judges per process, started when the first document comes. */
export function judges(): Judges {
  return (running ??= createJudges());
}

const named = new WeakMap<readonly Definition[], readonly NamedType[]>();

/** What counts now: what administrators defined, and of what the code brings the rest. */
export function typesOf(definitions: readonly Definition[]): readonly NamedType[] {
  const known = named.get(definitions);
  if (known) return known;
  const defined = definitions.map(toNamed);
  const types = [...defined, ...shipped().filter(({ name }) => !defined.some((other) => other.name === name))];
  named.set(definitions, types);
  return types;
}

let shippedNow: readonly NamedType[] | undefined;

function shipped(): readonly NamedType[] {
  return (shippedNow ??= shippedTypes().map(toNamed));
}

export function toNamed({ name, version, body }: Definition): NamedType {
  // It was judged by `receiptType` before it was kept, or is ours.
  return { name, version, type: body as unknown as DocumentType };
}
