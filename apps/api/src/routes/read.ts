import { isFinal, iso, nameOf } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { FoundSubmission } from '@countersign/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { addList } from './list.ts';
import { preferredWaitMs } from './prefer.ts';
import { etagOf, mayBeId, resourceOf, sendJson } from './resource.ts';
import { addFeed } from './results.ts';
import { documented, OLD_WITHIN_MS, resourceSchema, timelineSchema } from './schemas.ts';

const id = z.string().meta({ description: 'The id you gave it, or `submissionId` where the body carries none.' });
const params = z.object({ id });

/** `GET /v1/<kind>`, `/v1/<kind>/{id}`, `/v1/<kind>/{id}/timeline`: of one's own submissions only (contract section 3.2). */
export function addRead(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  addOne(app, door, contract, mayOnly);
  addTimeline(app, door, contract, mayOnly);
  if (contract.feed) addFeed(app, door, contract, contract.feed, mayOnly);
  else addList(app, door, contract, mayOnly);
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
    .get(
      `/v1/${contract.path}/:id/timeline`,
      { schema, onRequest: mayOnly('read'), handlerTimeout: OLD_WITHIN_MS },
      async (request, reply) => {
        refuseOtherThanJson(request.raw.headers.accept);
        const { submission } = await findOwn(door, contract, request, request.params.id);
        const entries = await door.store.submissions.timeline(submission.id, submission);
        return sendJson(
          reply,
          JSON.stringify({ data: entries.map(({ at, type, ...rest }) => ({ at: iso(at), type, ...rest })) }),
        );
      },
    );
}
