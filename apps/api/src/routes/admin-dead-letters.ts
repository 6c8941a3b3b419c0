import { iso, nameOf } from '@countersign/flow';
import type { DeadLetter, DeadLetterFilter, Replay } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { between } from './list.ts';
import { cursor, documented, instant, limitUpTo, words } from './schemas.ts';

const filter = {
  kind: words(100).optional(),
  provider: words(100).optional(),
  error: words(200).optional().meta({ description: "The letter's `code`." }),
  from: instant.optional(),
  to: instant.optional(),
};
const letter = z
  .object({
    id: z.string(),
    submissionId: z.string(),
    resourceId: z.string().meta({ description: 'The `id` the client knows it by.' }),
    clientId: z.string(),
    kind: z.string(),
    step: z.string(),
    leg: z.string().nullable(),
    provider: z.string().nullable(),
    code: z.string(),
    message: z.string(),
    at: z.string(),
  })
  .meta({ id: 'DeadLetter' });
const replay = z
  .object({
    id: z.string(),
    status: z.enum(['RUNNING', 'DONE']),
    total: z.int(),
    done: z.int(),
    refused: z.int().meta({ description: 'Of `done`, those whose state no longer allowed it.' }),
    ratePerSecond: z.number(),
    actor: z.string(),
    createdAt: z.string(),
  })
  .meta({ id: 'Replay' });
const DEFAULT_RATE = 50;
const perSecond = z.number().positive().max(10_000);
const docs = { tags: ['dead letters'], scope: 'admin' } as const;

const list = documented({
  ...docs,
  summary: 'What was given up on, newest first',
  description:
    'A letter leaves the list when it is replayed, or when what it speaks of ends in another way. The timeline keeps both.',
  querystring: z.strictObject({ ...filter, limit: limitUpTo(1_000), cursor: cursor.optional() }),
  response: { 200: z.object({ data: z.array(letter), nextCursor: z.string().nullable() }) },
  problems: ['invalid-request'],
});
const order = documented({
  ...docs,
  summary: 'Order the replay of all letters a filter means',
  description:
    'Asynchronous: 202 with `Location`, where its progress can be read. `dryRun` answers 200 with the number only.',
  body: z.strictObject({
    ...filter,
    dryRun: z.boolean().default(false),
    ratePerSecond: perSecond.optional().meta({ description: `Letters per second; ${DEFAULT_RATE} unless told.` }),
    rate: perSecond.optional().meta({ description: 'The same, in short.' }),
  }),
  response: { 200: z.object({ dryRun: z.literal(true), total: z.int() }), 202: replay },
  problems: ['invalid-request'],
});
const progress = documented({
  ...docs,
  summary: 'How far a replay has come',
  params: z.object({ id: z.uuid() }),
  response: { 200: replay },
  problems: ['not-found'],
});

/** What was given up on: to be listed, and ordered to be tried again (contract section 3.5). */
export function addDeadLetters(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { deadLetters } = door.store;
  const onRequest = mayOnly('admin');
  app.get('/v1/dead-letters', { onRequest, schema: list }, async ({ query }) => {
    const { limit, cursor: after } = query;
    const wanted = { ...filterOf(query), limit: Number(limit), ...(after === undefined ? {} : { cursor: after }) };
    const { items, nextCursor } = await deadLetters.list(wanted);
    return { data: items.map(shownLetter), nextCursor };
  });
  app.post('/v1/dead-letters/replay', { onRequest, schema: order }, async (request, reply) => {
    const { dryRun, rate = DEFAULT_RATE, ratePerSecond = rate } = request.body;
    const meant = filterOf(request.body);
    if (dryRun) return { dryRun: true as const, total: await deadLetters.count(meant) };
    const ordered = await deadLetters.replay(meant, { ratePerSecond, actor: principalOf(request).actor });
    return reply.code(202).header('location', `/v1/dead-letters/replays/${ordered.id}`).send(shown(ordered));
  });
  app.get('/v1/dead-letters/replays/:id', { onRequest, schema: progress }, async (request) => {
    const found = await deadLetters.progress(request.params.id);
    if (!found) throw new Problem('not-found', 'There is no such replay');
    return shown(found);
  });
}

function shownLetter({ at, naturalId, ...rest }: DeadLetter) {
  // Never an idempotency key: what was accepted under one is called by our id.
  return { ...rest, resourceId: nameOf({ id: rest.submissionId, naturalId }), at: iso(at) };
}

type Filter = { readonly [Name in keyof typeof filter]?: string | undefined };

function filterOf({ kind, provider, error, from, to }: Filter): DeadLetterFilter {
  return {
    ...(kind === undefined ? {} : { kind }),
    ...(provider === undefined ? {} : { provider }),
    ...(error === undefined ? {} : { error }),
    ...between({ from, to }),
  };
}

function shown({ id, status, total, done, refused, ratePerSecond, actor, createdAt }: Replay) {
  return { id, status, total, done, refused, ratePerSecond, actor, createdAt: iso(createdAt) };
}
