import { jsonSchemaTransform } from 'fastify-type-provider-zod';

/** A mark in a header's `meta`: it must be given, although a kind judges it and not its schema. */
export const REQUIRED = 'x-required';

type Transform = typeof jsonSchemaTransform;
interface Headers {
  readonly properties?: Record<string, Record<string, unknown>>;
  required?: string[];
}

/** What zod's schemas do not say of themselves: bodies that are documents, and headers that must be given. */
export const transformForDocs: Transform = (document) => {
  const made = jsonSchemaTransform(document);
  // The library's type knows nothing of the parts a schema has by then; each is looked at before it is used.
  const schema = made.schema as { consumes?: readonly string[]; body?: unknown; headers?: Headers };
  if (schema.consumes !== undefined && schema.body === undefined)
    schema.body = { type: 'string', format: 'binary', description: 'The document itself, kept as it came.' };
  if (schema.headers?.properties) requireMarked(schema.headers, schema.headers.properties);
  return made;
};

function requireMarked(headers: Headers, properties: Record<string, Record<string, unknown>>): void {
  for (const [name, property] of Object.entries(properties)) {
    if (property[REQUIRED] !== true) continue;
    delete property[REQUIRED];
    headers.required = [...(headers.required ?? []), name];
  }
}
