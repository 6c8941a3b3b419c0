import { Readable } from 'node:stream';
import type { Status } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { Page } from '@countersign/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { invalid } from '../problem.ts';
import { resourceOf, sendJson } from './resource.ts';
import { cursor, documented, instant, limitUpTo, OLD_WITHIN_MS, resourceSchema, status } from './schemas.ts';

const MAX_LIMIT = 1_000;

/** What a kind's list may be asked for. */
export function listQuerystring(contract: KindContract) {
  return {
    status: status.optional(),
    from: instant.optional().meta({ description: 'Created at or after.' }),
    to: instant.optional().meta({ description: 'Created at or before.' }),
    limit: limitUpTo(contract.maxListLimit ?? MAX_LIMIT),
    cursor: cursor.optional(),
  };
}

export function listSchema(contract: KindContract) {
  return z.object({ data: z.array(resourceSchema(contract)), nextCursor: z.string().nullable() });
}

/** `GET /v1/<kind>`: one's own submissions, newest first (contract section 3.2). */
export function addList(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const schema = documented({
    summary: `Your ${contract.path}, newest first`,
    description:
      'The list ends where `nextCursor` is null. A page may hold fewer than `limit`: by `status` at most 100,000 rows are looked through for one.',
    tags: [contract.path],
    querystring: z.strictObject(listQuerystring(contract)),
    response: { 200: listSchema(contract) },
    problems: ['invalid-request', 'not-acceptable'],
    scope: 'read',
  });
  app
    .withTypeProvider<ZodTypeProvider>()
    .get(
      `/v1/${contract.path}`,
      { schema, onRequest: mayOnly('read'), handlerTimeout: OLD_WITHIN_MS },
      async (request, reply) => {
        refuseOtherThanJson(request.raw.headers.accept);
        return await answerList({ door, contract, request, reply }, request.query);
      },
    );
}

interface Asked {
  readonly door: Door;
  readonly contract: KindContract;
  readonly request: FastifyRequest;
  readonly reply: FastifyReply;
}

/** So many are read by one statement; more are sent as they are read, and no more than this is held. */
const PIECE = 1_000;

export async function answerList({ door, contract, request, reply }: Asked, query: RawQuery): Promise<FastifyReply> {
  const clientId = clientOf(principalOf(request)).id;
  const { limit, ...rest } = listQuery(query);
  const wanted = { clientId, kind: contract.kind, ...rest };
  // Before anything is said: what is wrong with the request is said as a problem.
  const first = await door.store.submissions.list({ ...wanted, limit: Math.min(limit, PIECE) });
  if (limit <= PIECE || first.nextCursor === null)
    return sendJson(reply, `{"data":[${textOf(contract, first)}],"nextCursor":${JSON.stringify(first.nextCursor)}}`);
  async function* pieces(): AsyncGenerator<string> {
    let [page, sent] = [first, 0];
    yield '{"data":[';
    for (;;) {
      if (page.items.length > 0) yield `${sent > 0 ? ',' : ''}${textOf(contract, page)}`;
      sent += page.items.length;
      // A piece that is not full ends where the store has looked long enough: the caller goes on from there.
      if (sent >= limit || page.nextCursor === null || page.items.length < PIECE) break;
      const next = { ...wanted, cursor: page.nextCursor, limit: Math.min(limit - sent, PIECE) };
      page = await door.store.submissions.list(next);
    }
    yield `],"nextCursor":${JSON.stringify(page.nextCursor)}}`;
  }
  // A piece that cannot be read ends the connection in the middle: half a list must not look like a whole one.
  return reply
    .header('content-type', 'application/json; charset=utf-8')
    .send(Readable.from(pieces(), { objectMode: false }));
}

function textOf(contract: KindContract, { items }: Page): string {
  return items.map(({ submission, body }) => resourceOf(contract, submission, body)).join(',');
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
