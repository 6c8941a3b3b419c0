import { iso, type Json } from '@countersign/flow';
import type { DefinitionContract, KindContract } from '@countersign/kinds';
import type { KeptDefinition } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { addRawBodies } from '../intake/raw-body.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { invalid, Problem } from '../problem.ts';
import { documented } from './schemas.ts';

/** Schemas of whole standards: UBL 2.1 has 2.7 MB in its files. */
const BODY_LIMIT = 16 * 1024 * 1024;
/** Compiling such a schema takes half a second, on a busy machine some. */
const CHECK_WITHIN_MS = 14_000;

const time = z.string().meta({ format: 'date-time' });
const brief = z.object({ name: z.string(), version: z.int(), createdAt: time.nullable() });

/** What administrators define of a kind while everything runs: `/v1/receipt-types` and what other kinds may bring. */
export function addDefinitions(app: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  for (const { kind, definitions } of door.contracts) {
    if (!definitions) continue;
    addPut(app, door, { kind, definitions, mayOnly });
    addReads(app, door, { kind, definitions, mayOnly });
    addTry(app, door, { kind, definitions, mayOnly });
  }
}

interface Defined {
  readonly kind: KindContract['kind'];
  readonly definitions: DefinitionContract;
  readonly mayOnly: MayOnly;
}

function addPut(plain: FastifyInstance, door: Door, { kind, definitions, mayOnly }: Defined): void {
  const schema = documented({
    summary: `Define a ${definitions.noun}, or its next version`,
    description:
      'In force on every replica with the next document that is judged. The same definition again is the same version.',
    tags: [definitions.path],
    params: z.object({ name: z.string() }),
    body: definitions.body,
    response: { 200: brief, 201: brief },
    problems: ['invalid-request', 'payload-too-large'],
    scope: 'admin',
  });
  const options = { schema, onRequest: mayOnly('admin'), bodyLimit: BODY_LIMIT, handlerTimeout: CHECK_WITHIN_MS };
  const app = plain.withTypeProvider<ZodTypeProvider>();
  app.put(`/v1/${definitions.path}/:name`, options, async (request, reply) => {
    const { name } = request.params;
    if (!definitions.name.test(name))
      throw invalid({ pointer: '/path/name', detail: `must match ${definitions.name.source}` });
    // It came as JSON, and the schema changes nothing of that.
    const body = request.body as Json;
    const [first, ...rest] = await definitions.check(name, body);
    if (first) throw invalid(first, ...rest);
    const after = definitions.after(name);
    const { actor } = principalOf(request);
    const { version, isNew } = await door.store.definitions.put({ kind, name, body, actor, after });
    const kept = await door.store.definitions.get(kind, name, version);
    reply.code(isNew && version === 1 ? 201 : 200).header('location', `/v1/${definitions.path}/${name}`);
    return { name, version, createdAt: kept ? iso(kept.createdAt) : null };
  });
}

function addReads(plain: FastifyInstance, door: Door, { kind, definitions, mayOnly }: Defined): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const docs = { tags: [definitions.path], scope: 'read' } as const;
  const onRequest = mayOnly('admin', 'write', 'read');
  const list = documented({
    ...docs,
    summary: `The newest version of each ${definitions.noun}`,
    response: { 200: z.object({ data: z.array(brief) }) },
  });
  app.get(`/v1/${definitions.path}`, { schema: list, onRequest }, async () => {
    const kept = await door.store.definitions.list(kind);
    const at = new Map(kept.map((one) => [one.name, iso(one.createdAt)]));
    return {
      data: definitions.all(kept).map(({ name, version }) => ({ name, version, createdAt: at.get(name) ?? null })),
    };
  });
  const one = documented({
    ...docs,
    summary: `One ${definitions.noun}, as it was defined`,
    params: z.object({ name: z.string() }),
    querystring: z.strictObject({
      version: z
        .string()
        .regex(/^[1-9]\d{0,8}$/, { error: 'must be a version, such as 2' })
        .optional(),
    }),
    response: { 200: z.looseObject({ name: z.string(), version: z.int(), createdAt: time.nullable() }) },
    problems: ['invalid-request', 'not-found'],
  });
  app.get(`/v1/${definitions.path}/:name`, { schema: one, onRequest }, async (request) => {
    const { version } = request.query;
    const found = await findOne(
      door,
      { kind, definitions, mayOnly },
      request.params.name,
      version === undefined ? undefined : Number(version),
    );
    return { ...(found.body as object), name: found.name, version: found.version, createdAt: found.createdAt };
  });
}

function addTry(plain: FastifyInstance, door: Door, { kind, definitions, mayOnly }: Defined): void {
  const { contentTypes, bodyLimit, run } = definitions.tries;
  const violation = z.looseObject({ detail: z.string() });
  const schema = documented({
    summary: `Judge a document by a ${definitions.noun} without submitting it`,
    tags: [definitions.path],
    params: z.object({ name: z.string() }),
    consumes: [...contentTypes],
    response: {
      200: z.object({
        valid: z.boolean(),
        type: z.object({ name: z.string(), version: z.int() }),
        violations: z.array(violation),
      }),
    },
    problems: ['invalid-request', 'not-found', 'payload-too-large', 'unsupported-media-type'],
    scope: 'write',
  });
  void plain.register((scope, _options, done) => {
    addRawBodies(scope, contentTypes);
    const options = { schema, onRequest: mayOnly('write', 'admin'), bodyLimit, handlerTimeout: CHECK_WITHIN_MS };
    scope
      .withTypeProvider<ZodTypeProvider>()
      .post(`/v1/${definitions.path}/:name/try`, options, async (request, reply) => {
        const bytes = Buffer.isBuffer(request.body) ? request.body : Buffer.alloc(0);
        if (bytes.length === 0) throw invalid({ pointer: '', detail: 'is empty; send a document' });
        const found = await findOne(door, { kind, definitions, mayOnly }, request.params.name);
        const verdict = await run(found, { bytes, contentType: request.raw.headers['content-type'] ?? '' });
        // What the kind says, in its own words.
        return reply.header('content-type', 'application/json; charset=utf-8').serializer(JSON.stringify).send(verdict);
      });
    done();
  });
}

async function findOne(
  door: Door,
  { kind, definitions }: Defined,
  name: string,
  version?: number,
): Promise<{
  readonly name: string;
  readonly version: number;
  readonly body: unknown;
  readonly createdAt: string | null;
}> {
  const kept: KeptDefinition | undefined = definitions.name.test(name)
    ? await door.store.definitions.get(kind, name, version)
    : undefined;
  if (kept) return { ...kept, createdAt: iso(kept.createdAt) };
  const own = definitions
    .all([])
    .find((one) => one.name === name && (version === undefined || one.version === version));
  if (own) return { ...own, createdAt: null };
  throw new Problem('not-found', `There is no such ${definitions.noun}`);
}
