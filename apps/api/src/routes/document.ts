import { nameOf } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { findOwn, matches } from './read.ts';
import { sendJson } from './resource.ts';
import { documented, OLD_WITHIN_MS, status } from './schemas.ts';

const params = z.object({ id: z.string() });

/** `GET /v1/<kind>/{id}/document`, `/status`, of kinds whose bodies are documents (contract section 3.2). */
export function addDocument(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const docs = { tags: [contract.path], params, problems: ['not-found'], scope: 'read' } as const;
  const typed = app.withTypeProvider<ZodTypeProvider>();
  const original = documented({
    ...docs,
    summary: 'The original document: its bytes and content type as they were sent',
    response: { 200: z.unknown() },
  });
  const onRequest = mayOnly('read');
  const handlerTimeout = OLD_WITHIN_MS;
  typed.get(
    `/v1/${contract.path}/:id/document`,
    { schema: original, onRequest, handlerTimeout },
    async (request, reply) => {
      const { submission, contentType } = await findOwn(door, contract, request, request.params.id);
      // It never changes, so its submission's id tells it apart.
      const etag = `"${submission.id}"`;
      reply.header('etag', etag).header('cache-control', 'private, no-cache');
      if (matches(request.raw.headers['if-none-match'], etag)) return reply.code(304).send();
      const bytes = await door.store.submissions.document(submission);
      if (!bytes) throw new Problem('not-found', 'The document is not here any more');
      // A stranger's bytes under our name: no browser may take them for a page.
      reply.header('content-disposition', 'attachment').header('x-content-type-options', 'nosniff');
      return reply.header('content-type', contentType).send(bytes);
    },
  );
  const brief = documented({
    ...docs,
    summary: 'Its status and nothing else',
    response: { 200: z.object({ id: z.string(), status }) },
  });
  typed.get(`/v1/${contract.path}/:id/status`, { schema: brief, onRequest, handlerTimeout }, async (request, reply) => {
    const { submission } = await findOwn(door, contract, request, request.params.id);
    reply.header('cache-control', 'private, no-cache');
    return sendJson(reply, JSON.stringify({ id: nameOf(submission), status: submission.status }));
  });
}
