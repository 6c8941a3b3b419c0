import { iso } from '@countersign/flow';
import { callbackUrl } from '@countersign/kinds';
import { checkCallbackUrl } from '@countersign/outbound';
import type { Client, ClientPatch } from '@countersign/store';
import type { FastifyInstance } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { invalid, Problem } from '../problem.ts';
import { documented, words } from './schemas.ts';

const ratePerSecond = z
  .number()
  .positive()
  .max(1_000_000)
  .optional()
  .meta({ description: 'Requests per second over all replicas.' });
const limits = z.strictObject({ ratePerSecond }).meta({ id: 'Limits' });
const name = words(200);
const params = z.object({ id: z.uuid() });
const client = z
  .object({ id: z.uuid(), name: z.string(), callbackUrl: z.string().nullable(), limits, createdAt: z.string() })
  .meta({ id: 'Client' });
const docs = { tags: ['clients'], scope: 'admin' } as const;
const made = z.object({ id: z.uuid(), name: z.string(), webhookSecret: z.string() });

const create = documented({
  ...docs,
  summary: 'A new client; its webhook secret is shown this once',
  body: z.strictObject({ name, callbackUrl: callbackUrl.nullish(), limits: limits.optional() }),
  response: { 201: made },
  problems: ['invalid-request'],
});
const list = documented({ ...docs, summary: 'All clients', response: { 200: z.object({ data: z.array(client) }) } });
const one = documented({ ...docs, summary: 'One client', params, response: { 200: client }, problems: ['not-found'] });
const change = documented({
  ...docs,
  summary: 'Change name, default callback URL or limits',
  description: 'Setting a `callbackUrl` also enables it again where a 410 had disabled it.',
  params,
  body: z.strictObject({ name: name.optional(), callbackUrl: callbackUrl.nullish(), limits: limits.optional() }),
  response: { 200: client },
  problems: ['invalid-request', 'not-found'],
});
const rotate = documented({
  ...docs,
  summary: 'A new webhook secret; the old one is valid for 24 h more',
  params,
  response: { 200: z.object({ secret: z.string(), previousUntil: z.string() }) },
  problems: ['not-found'],
});

/** Clients and their secrets (contract sections 3 and 7). A secret is shown in the answer that makes it and never again. */
export function addClients(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const { clients } = door.store;
  const onRequest = mayOnly('admin');
  app.post('/v1/clients', { onRequest, schema: create }, async ({ body }, reply) => {
    const { client: created, webhookSecret } = await clients.create({ name: body.name, ...wishes(door, body) });
    const { id } = created;
    return reply.code(201).header('location', `/v1/clients/${id}`).send({ id, name: created.name, webhookSecret });
  });
  app.get('/v1/clients', { onRequest, schema: list }, async () => ({ data: (await clients.list()).map(shown) }));
  app.get('/v1/clients/:id', { onRequest, schema: one }, async (request) =>
    shown(known(await clients.get(request.params.id))),
  );
  app.patch('/v1/clients/:id', { onRequest, schema: change }, async ({ body, params: { id } }) => {
    const wished: ClientPatch = { ...(body.name === undefined ? {} : { name: body.name }), ...wishes(door, body) };
    return shown(known(await clients.update(id, wished)));
  });
  app.post('/v1/clients/:id/webhook-secret', { onRequest, schema: rotate }, async (request) => {
    const { secret, previousUntil } = known(await clients.rotateWebhookSecret(request.params.id));
    return { secret, previousUntil: iso(previousUntil) };
  });
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

export function known<T>(found: T | undefined): T {
  if (found === undefined) throw new Problem('not-found', 'There is no such client');
  return found;
}
