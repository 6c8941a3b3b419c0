import { iso } from '@countersign/flow';
import { callbackUrl } from '@countersign/kinds';
import { checkCallbackUrl } from '@countersign/outbound';
import { SCOPES, type Client, type ClientPatch } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { invalid, Problem } from '../problem.ts';
import { documented, words } from './schemas.ts';

const limits = z
  .strictObject({
    ratePerSecond: z
      .number()
      .positive()
      .max(1_000_000)
      .optional()
      .meta({ description: 'Requests per second over all replicas.' }),
  })
  .meta({ id: 'Limits' });
const name = words(200);
const params = z.object({ id: z.uuid() });
const client = z
  .object({ id: z.uuid(), name: z.string(), callbackUrl: z.string().nullable(), limits, createdAt: z.string() })
  .meta({ id: 'Client' });
const key = z
  .object({ id: z.string(), scopes: z.array(z.enum(SCOPES)), createdAt: z.string(), revokedAt: z.string().nullable() })
  .meta({ id: 'Key' });

const docs = { tags: ['clients'], scope: 'admin' } as const;

/** Clients, their keys and secrets (contract sections 3 and 7). Keys and secrets are shown in these answers and never again. */
export function addClients(app: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  addClientRoutes(app, door, mayOnly);
  addKeyRoutes(app, door, mayOnly);
}

function addClientRoutes(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { clients } = door.store;
  const onRequest = mayOnly('admin');
  const body = z.strictObject({ name, callbackUrl: callbackUrl.nullish(), limits: limits.optional() });
  const patch = z.strictObject({
    name: name.optional(),
    callbackUrl: callbackUrl.nullish(),
    limits: limits.optional(),
  });

  const made = z.object({ id: z.uuid(), name: z.string(), webhookSecret: z.string() });
  app.post(
    '/v1/clients',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'A new client; its webhook secret is shown this once',
        body,
        response: { 201: made },
        problems: ['invalid-request'],
      }),
    },
    async (request, reply) => {
      const { client: created, webhookSecret } = await clients.create({
        name: request.body.name,
        ...wishes(door, request.body),
      });
      return reply
        .code(201)
        .header('location', `/v1/clients/${created.id}`)
        .send({ ...shown(created), webhookSecret });
    },
  );
  app.get(
    '/v1/clients',
    {
      onRequest,
      schema: documented({ ...docs, summary: 'All clients', response: { 200: z.object({ data: z.array(client) }) } }),
    },
    async () => ({
      data: (await clients.list()).map(shown),
    }),
  );
  app.get(
    '/v1/clients/:id',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'One client',
        params,
        response: { 200: client },
        problems: ['not-found'],
      }),
    },
    async (request) => shown(known(await clients.get(request.params.id))),
  );
  app.patch(
    '/v1/clients/:id',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'Change name, default callback URL or limits',
        description: 'Setting a `callbackUrl` also enables it again where a 410 had disabled it.',
        params,
        body: patch,
        response: { 200: client },
        problems: ['invalid-request', 'not-found'],
      }),
    },
    async (request) => {
      const wished: ClientPatch = {
        ...(request.body.name === undefined ? {} : { name: request.body.name }),
        ...wishes(door, request.body),
      };
      return shown(known(await clients.update(request.params.id, wished)));
    },
  );
  app.post(
    '/v1/clients/:id/webhook-secret',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'A new webhook secret; the old one is valid for 24 h more',
        params,
        response: { 200: z.object({ secret: z.string(), previousUntil: z.string() }) },
        problems: ['not-found'],
      }),
    },
    async (request) => {
      const { secret, previousUntil } = known(await clients.rotateWebhookSecret(request.params.id));
      return { secret, previousUntil: iso(previousUntil) };
    },
  );
}

function addKeyRoutes(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { clients } = door.store;
  const onRequest = mayOnly('admin');
  const body = z.strictObject({ scopes: z.array(z.enum(SCOPES)).min(1).max(SCOPES.length) });
  const made = z.object({ id: z.string(), key: z.string(), scopes: z.array(z.enum(SCOPES)) });

  app.post(
    '/v1/clients/:id/keys',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'A new key; it is shown this once',
        params,
        body,
        response: { 201: made },
        problems: ['invalid-request', 'not-found'],
      }),
    },
    async (request, reply) => {
      const { id, key, scopes } = known(await clients.addKey(request.params.id, [...new Set(request.body.scopes)]));
      return reply.code(201).send({ id, key, scopes: [...scopes] });
    },
  );
  app.get(
    '/v1/clients/:id/keys',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'The keys of a client, without the keys themselves',
        params,
        response: { 200: z.object({ data: z.array(key) }) },
        problems: ['not-found'],
      }),
    },
    async (request) => {
      known(await clients.get(request.params.id));
      const keys = await clients.keys(request.params.id);
      return {
        data: keys.map(({ id, scopes, createdAt, revokedAt }) => ({
          id,
          scopes: [...scopes],
          createdAt: iso(createdAt),
          revokedAt: revokedAt === null ? null : iso(revokedAt),
        })),
      };
    },
  );
  app.delete(
    '/v1/clients/:id/keys/:keyId',
    {
      onRequest,
      schema: documented({
        ...docs,
        summary: 'Revoke a key; it is refused everywhere within 5 s',
        params: z.object({ id: z.uuid(), keyId: z.uuid() }),
        problems: ['not-found'],
      }),
    },
    async (request, reply) => {
      const revoked = await clients.revokeKey(request.params.id, request.params.keyId);
      if (!revoked) throw new Problem('not-found', 'There is no such key, or it was revoked before');
      return reply.code(204).send();
    },
  );
}

interface Wishes {
  readonly callbackUrl?: string | null | undefined;
  readonly limits?: { readonly ratePerSecond?: number | undefined } | undefined;
}

/** Only what was given is changed. */
function wishes(
  door: Door,
  { callbackUrl: url, limits: limited }: Wishes,
): Pick<ClientPatch, 'callbackUrl' | 'limits'> {
  if (typeof url === 'string') {
    const verdict = checkCallbackUrl(url, { allowPrivate: door.settings.allowPrivateCallbacks });
    if ('refused' in verdict) throw invalid({ pointer: '/callbackUrl', detail: verdict.refused });
  }
  const rate = limited?.ratePerSecond;
  return {
    ...(url === undefined ? {} : { callbackUrl: url }),
    ...(limited ? { limits: rate === undefined ? {} : { ratePerSecond: rate } } : {}),
  };
}

function shown({ id, name: called, callbackUrl: url, limits: limited, createdAt }: Client) {
  return { id, name: called, callbackUrl: url, limits: limited, createdAt: iso(createdAt) };
}

function known<T>(found: T | undefined): T {
  if (found === undefined) throw new Problem('not-found', 'There is no such client');
  return found;
}
