import { iso } from '@countersign/flow';
import { signedPath } from '@countersign/archive';
import type { KindContract } from '@countersign/kinds';
import type { ExportedFile } from '@countersign/store';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { between } from './list.ts';
import { cursor, documented, instant, limitUpTo } from './schemas.ts';

/** Long enough to fetch a year of files one after the other, short enough for a URL that was mislaid. */
const URL_LIVES_MS = 3_600_000;

const file = z.object({
  url: z.string().meta({ description: 'Anybody may fetch the file by it until `expiresAt`.' }),
  expiresAt: z.string().meta({ format: 'date-time' }),
  clientId: z.uuid(),
  day: z.string().meta({ description: 'UTC, of the receipts in it.', examples: ['2026-01-01'] }),
  rows: z.int(),
  bytes: z.int(),
  sha256: z.string(),
  format: z.int().meta({ description: 'Of its columns: see the docs.' }),
});

/** `GET /v1/<kind>/export`: where the archived ones lie as Parquet files. A client gets its own, an administrator everybody's. */
export function addExport(app: FastifyInstance, door: Door, contract: KindContract, mayOnly: MayOnly): void {
  const schema = documented({
    summary: `The files your archived ${contract.path} lie in`,
    description: `Parquet, one or more files per client and day (UTC), oldest day first. Only what is in the archive; the days that \`from\` and \`to\` lie in are included whole.`,
    tags: [contract.path],
    querystring: z.strictObject({
      from: instant.optional(),
      to: instant.optional(),
      clientId: z.uuid().optional().meta({ description: 'Administrators: of this client only.' }),
      limit: limitUpTo(10_000, 1_000),
      cursor: cursor.optional(),
    }),
    response: { 200: z.object({ data: z.array(file), nextCursor: z.string().nullable() }) },
    problems: ['invalid-request'],
    scope: 'read',
  });
  const options = { schema, onRequest: mayOnly('read', 'admin') };
  app.withTypeProvider<ZodTypeProvider>().get(`/v1/${contract.path}/export`, options, async (request, reply) => {
    const { limit, cursor: after, ...rest } = request.query;
    const clientId = whoseFiles(request, rest.clientId);
    const { items, nextCursor } = await door.store.archive.files({
      kind: contract.kind,
      limit: Number(limit),
      ...(clientId === undefined ? {} : { clientId }),
      ...(after === undefined ? {} : { cursor: after }),
      ...between(rest),
    });
    reply.header('cache-control', 'no-store');
    const urlOf = await urlMaker(door, contract, request);
    return { data: await Promise.all(items.map(urlOf)), nextCursor };
  });
}

/** undefined: everybody's. */
function whoseFiles(request: FastifyRequest, asked: string | undefined): string | undefined {
  const principal = principalOf(request);
  if (principal.scopes.includes('admin')) return asked;
  const own = clientOf(principal).id;
  if (asked === undefined || asked === own) return own;
  throw new Problem('forbidden', 'Files of other clients need the scope admin; leave clientId out for your own');
}

/** A bucket signs its own URLs; files of a folder are served by us, under a signature of ours. */
async function urlMaker(door: Door, contract: KindContract, request: FastifyRequest) {
  const objects = await door.objects();
  const secret = await door.store.archive.urlSecret();
  const base = door.settings.publicUrl ?? `${request.protocol}://${request.host}`;
  const expiresMs = Date.now() + URL_LIVES_MS;
  return async ({ path, ...about }: ExportedFile) => {
    const theirs = await objects.url(path, URL_LIVES_MS);
    const ours = `${base}/v1/${contract.path}/export/${path.slice(contract.kind.length + 1)}?${signedPath(secret, path, expiresMs)}`;
    return { url: theirs ?? ours, expiresAt: iso(expiresMs), ...about };
  };
}
