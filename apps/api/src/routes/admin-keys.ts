import { iso } from '@countersign/flow';
import { SCOPES, type ClientKey } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { known } from './admin-clients.ts';
import { documented } from './schemas.ts';

const scopes = z.array(z.enum(SCOPES));
const key = z
  .object({ id: z.string(), scopes, createdAt: z.string(), revokedAt: z.string().nullable() })
  .meta({ id: 'Key' });
const params = z.object({ id: z.uuid() });
const docs = { tags: ['clients'], scope: 'admin' } as const;

const create = documented({
  ...docs,
  summary: 'A new key; it is shown this once',
  params,
  body: z.strictObject({ scopes: scopes.min(1).max(SCOPES.length) }),
  response: { 201: z.object({ id: z.string(), key: z.string(), scopes }) },
  problems: ['invalid-request', 'not-found'],
});
const list = documented({
  ...docs,
  summary: 'The keys of a client, without the keys themselves',
  params,
  response: { 200: z.object({ data: z.array(key) }) },
  problems: ['not-found'],
});
const revoke = documented({
  ...docs,
  summary: 'Revoke a key; it is refused everywhere within 5 s',
  params: z.object({ id: z.uuid(), keyId: z.uuid() }),
  problems: ['not-found'],
});

/** The keys of a client (contract sections 3 and 7): only a hash is kept, so a key is shown in one answer only. */
export function addKeys(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { clients } = door.store;
  const onRequest = mayOnly('admin');
  app.post('/v1/clients/:id/keys', { onRequest, schema: create }, async (request, reply) => {
    const added = known(await clients.addKey(request.params.id, [...new Set(request.body.scopes)]));
    return reply.code(201).send({ id: added.id, key: added.key, scopes: [...added.scopes] });
  });
  app.get('/v1/clients/:id/keys', { onRequest, schema: list }, async ({ params: { id } }) => {
    known(await clients.get(id));
    return { data: (await clients.keys(id)).map(shown) };
  });
  app.delete('/v1/clients/:id/keys/:keyId', { onRequest, schema: revoke }, async ({ params: { id, keyId } }, reply) => {
    const revoked = await clients.revokeKey(id, keyId);
    if (!revoked) throw new Problem('not-found', 'There is no such key, or it was revoked before');
    return reply.code(204).send();
  });
}

function shown({ id, scopes: held, createdAt, revokedAt }: ClientKey) {
  return { id, scopes: [...held], createdAt: iso(createdAt), revokedAt: revokedAt === null ? null : iso(revokedAt) };
}
