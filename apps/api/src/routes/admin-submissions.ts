import { nameOf, type Ticket } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { OperatorResult } from '@countersign/store';
import type { FastifyInstance, FastifyReply } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { findAny } from './find-any.ts';
import { resourceOf, sendJson } from './resource.ts';
import { documented, resourceSchema, words } from './schemas.ts';

const params = z.object({
  id: z.string().meta({
    description: "The client's id (with `clientId` where several clients use it: 409 names them), or `submissionId`.",
  }),
});
const querystring = z.strictObject({ clientId: z.uuid().optional() });

/** `POST /v1/<kind>/{id}/replay` and `/resolve`: an operator's hand, noted in the timeline (contract section 3.5). */
export function addOperatorMoves(plain: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const onRequest = mayOnly('admin');
  const docs = {
    tags: [contract.path],
    scope: 'admin',
    params,
    querystring,
    problems: ['invalid-request', 'not-found', 'conflict'],
  } as const;
  const { submissions } = door.store;

  app.post(
    `/v1/${contract.path}/:id/replay`,
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'Repeat what failed',
        description: 'Only the failed step or callback, never a settled effect.',
        response: { 202: resourceSchema(contract) },
      }),
    },
    async (request, reply) => {
      const found = await findAny(submissions, contract, request.params.id, request.query.clientId);
      const result = await submissions.replay(found.submission.id, principalOf(request).actor);
      return finish({ door, contract, reply, body: found.body, okStatus: 202 }, result);
    },
  );

  const body = z.strictObject({ status: z.enum(['COMPLETED', 'FAILED']), reason: words(1_000) });
  app.post(
    `/v1/${contract.path}/:id/resolve`,
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'Settle what is UNRESOLVED',
        description: 'After asking the third party by other means. The client is told.',
        body,
        response: { 200: resourceSchema(contract) },
      }),
    },
    async (request, reply) => {
      const found = await findAny(submissions, contract, request.params.id, request.query.clientId);
      const result = await submissions.resolve(found.submission.id, {
        ...request.body,
        actor: principalOf(request).actor,
        ...(contract.feed ? { result: contract.feed.resolved(request.body) } : {}),
      });
      return finish({ door, contract, reply, body: found.body, okStatus: 200 }, result);
    },
  );
}

interface Finish {
  readonly door: Door;
  readonly contract: KindContract;
  readonly reply: FastifyReply;
  readonly body: string;
  readonly okStatus: 200 | 202;
}

function finish({ door, contract, reply, body, okStatus }: Finish, result: OperatorResult): FastifyReply {
  // It was found a moment ago, so it is in the archive.
  if (result.type === 'missing')
    throw new Problem(
      'conflict',
      `The ${contract.kind} is archived: it has its end, and nothing of it is left to repeat`,
    );
  if (result.type === 'conflict') {
    const existing = { id: nameOf(result.submission), status: result.submission.status };
    throw new Problem('conflict', result.detail, { members: { existing } });
  }
  const { submission, next } = result;
  const tickets = next.map(({ step, leg }): Ticket => {
    const { id, kind, traceparent } = submission;
    return {
      v: 1,
      step,
      id,
      kind,
      ...(leg === undefined ? {} : { leg }),
      ...(traceparent === null ? {} : { traceparent }),
    };
  });
  if (tickets.length > 0) door.corridor.remind(tickets);
  return sendJson(reply.code(okStatus), resourceOf(contract, submission, body));
}
