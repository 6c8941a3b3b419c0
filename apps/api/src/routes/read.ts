import { isFinal, iso, nameOf, type Status } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { FoundSubmission } from '@countersign/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { invalid, Problem } from '../problem.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { preferredWaitMs } from './prefer.ts';
import { etagOf, mayBeId, resourceOf, sendJson } from './resource.ts';
import { cursor, documented, instant, limitUpTo, resourceSchema, status, timelineSchema } from './schemas.ts';

const MAX_LIMIT = 1_000;
const id = z.string().meta({ description: 'The id you gave it, or `submissionId` where the body carries none.' });
const params = z.object({ id });

/** `GET /v1/<kind>`, `/v1/<kind>/{id}`, `/v1/<kind>/{id}/timeline`: of one's own submissions only (contract section 3.2). */
export function addRead(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  addOne(app, door, contract, mayOnly);
  addTimeline(app, door, contract, mayOnly);
  addList(app, door, contract, mayOnly);
}

function addOne(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const schema = documented({
    summary: `One of your ${contract.path}`,
    description:
      'Readable at once after it was accepted. `Prefer: wait=N` holds the answer until the status changes, at most 30 s.',
    tags: [contract.path],
    params,
    response: { 200: resourceSchema(contract) },
    problems: ['not-found', 'not-acceptable'],
    scope: 'read',
  });
  // Longer than the longest wait a client may prefer.
  const options = { schema, onRequest: mayOnly('read'), handlerTimeout: 40_000 };
  app.withTypeProvider<ZodTypeProvider>().get(`/v1/${contract.path}/:id`, options, async (request, reply) => {
    refuseOtherThanJson(request.raw.headers.accept);
    const found = await findOwn(door, contract, request, request.params.id);
    const waitMs = preferredWaitMs(request.raw.headers['prefer']?.toString());
    if (waitMs === undefined) return show(reply, request, contract, found);
    reply.header('preference-applied', `wait=${waitMs / 1_000}`);
    return show(reply, request, contract, await awaitMove(door, contract, request, found, waitMs));
  });
}

async function awaitMove(
  door: Door,
  contract: KindContract,
  request: FastifyRequest,
  found: FoundSubmission,
  waitMs: number,
): Promise<FoundSubmission> {
  const { submission } = found;
  if (isFinal(submission.status) || waitMs === 0) return found;
  const gone = new AbortController();
  request.raw.socket.once('close', () => gone.abort());
  const moved = await door.store.submissions.waitForMove(submission.id, submission.status, waitMs, gone.signal);
  return moved ? await findOwn(door, contract, request, nameOf(submission)) : found;
}

function show(
  reply: FastifyReply,
  request: FastifyRequest,
  contract: KindContract,
  { submission, body }: FoundSubmission,
): FastifyReply {
  const etag = etagOf(submission.version);
  // Whose it is, is in the key: nobody in between may keep it; the caller may, if it asks again each time.
  reply.header('etag', etag).header('cache-control', 'private, no-cache');
  if (matches(request.raw.headers['if-none-match'], etag)) return reply.code(304).send();
  return sendJson(reply, resourceOf(contract, submission, body));
}

/** RFC 9110 section 13.1.2: a list of validators or `*`; compared weakly. */
export function matches(header: string | undefined, etag: string): boolean {
  if (header === undefined) return false;
  return header.split(',').some((each) => each.trim() === '*' || each.trim().replace(/^W\//, '') === etag);
}

/** Another client's submission and none at all are the same answer. */
export async function findOwn(
  door: Door,
  contract: KindContract,
  request: FastifyRequest,
  naturalId: string,
): Promise<FoundSubmission> {
  const wanted = { clientId: clientOf(principalOf(request)).id, kind: contract.kind, id: naturalId };
  const found = mayBeId(naturalId) ? await door.store.submissions.find(wanted) : undefined;
  if (!found) throw new Problem('not-found', `You have no ${contract.kind} with that id`);
  return found;
}

function addTimeline(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const schema = documented({
    summary: `Everything that happened to one of your ${contract.path}`,
    tags: [contract.path],
    params,
    response: { 200: timelineSchema },
    problems: ['not-found', 'not-acceptable'],
    scope: 'read',
  });
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(`/v1/${contract.path}/:id/timeline`, { schema, onRequest: mayOnly('read') }, async (request, reply) => {
      refuseOtherThanJson(request.raw.headers.accept);
      const { submission } = await findOwn(door, contract, request, request.params.id);
      const entries = await door.store.submissions.timeline(submission.id);
      return sendJson(
        reply,
        JSON.stringify({ data: entries.map(({ at, type, ...rest }) => ({ at: iso(at), type, ...rest })) }),
      );
    });
}

function addList(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const querystring = z.strictObject({
    status: status.optional(),
    from: instant.optional().meta({ description: 'Created at or after.' }),
    to: instant.optional().meta({ description: 'Created at or before.' }),
    limit: limitUpTo(contract.maxListLimit ?? MAX_LIMIT),
    cursor: cursor.optional(),
  });
  const schema = documented({
    summary: `Your ${contract.path}, newest first`,
    tags: [contract.path],
    querystring,
    response: { 200: z.object({ data: z.array(resourceSchema(contract)), nextCursor: z.string().nullable() }) },
    problems: ['invalid-request', 'not-acceptable'],
    scope: 'read',
  });
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(`/v1/${contract.path}`, { schema, onRequest: mayOnly('read') }, async (request, reply) => {
      refuseOtherThanJson(request.raw.headers.accept);
      const clientId = clientOf(principalOf(request)).id;
      const page = await door.store.submissions.list({ clientId, kind: contract.kind, ...listQuery(request.query) });
      const items = page.items.map(({ submission, body }) => resourceOf(contract, submission, body));
      return sendJson(reply, `{"data":[${items.join(',')}],"nextCursor":${JSON.stringify(page.nextCursor)}}`);
    });
}

interface RawQuery {
  readonly status?: Status | undefined;
  readonly from?: string | undefined;
  readonly to?: string | undefined;
  readonly limit: string;
  readonly cursor?: string | undefined;
}

function listQuery(query: RawQuery) {
  return {
    limit: Number(query.limit),
    ...(query.status === undefined ? {} : { status: query.status }),
    ...(query.cursor === undefined ? {} : { cursor: query.cursor }),
    ...between(query),
  };
}

/** @throws Problem when the end is before the start. */
export function between({ from, to }: { readonly from?: string | undefined; readonly to?: string | undefined }): {
  from?: number;
  to?: number;
} {
  const start = from === undefined ? undefined : Date.parse(from);
  const end = to === undefined ? undefined : Date.parse(to);
  if (start !== undefined && end !== undefined && end < start)
    throw invalid({ pointer: '/query/to', detail: 'is before `from`' });
  return { ...(start === undefined ? {} : { from: start }), ...(end === undefined ? {} : { to: end }) };
}
