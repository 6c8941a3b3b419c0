import { readFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import { iso } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { findAny } from './find-any.ts';
import { resourceOf, sendJson } from './resource.ts';
import { cursor, status } from './schemas.ts';
import { whyItWaits } from './why-it-waits.ts';

// From source the page lies in its own room; the build puts it beside the bundle.
const FROM_SOURCE = import.meta.url.endsWith('.ts');
const PAGE = new URL(FROM_SOURCE ? '../../../console/src/' : './console/', import.meta.url);

/** Every file of the page: a name that is not here is not served. */
const FILES: Readonly<Record<string, string>> = {
  'index.html': 'text/html; charset=utf-8',
  'console.css': 'text/css; charset=utf-8',
  'icon.svg': 'image/svg+xml',
  'main.js': 'text/javascript; charset=utf-8',
  'ask.js': 'text/javascript; charset=utf-8',
  'build.js': 'text/javascript; charset=utf-8',
  'words.js': 'text/javascript; charset=utf-8',
  'overview.js': 'text/javascript; charset=utf-8',
  'letters.js': 'text/javascript; charset=utf-8',
  'find.js': 'text/javascript; charset=utf-8',
  'submission.js': 'text/javascript; charset=utf-8',
};

/** Stricter than the API's own: nothing but files of ours, no styles in elements, no forms that leave. */
const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self'; connect-src 'self'; base-uri 'none'; form-action 'none'; frame-ancestors 'none'";

/**
 * The operators' page at `/console` (open: it holds nothing) and the data only operators may see (scope `admin`): any client's
 * submissions with why they wait, and how much lies where. Everything else the page does is the public admin API.
 */
export function addConsole(app: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  addPage(app);
  addConsoleData(app, door, mayOnly);
}

function addPage(app: FastifyInstance): void {
  const hidden = { schema: { hide: true } };
  app.get('/console', hidden, async (request, reply) => await sendFile(request, reply, 'index.html'));
  app.get('/console/', hidden, async (_request, reply) => reply.redirect('/console', 308));
  app.get<{ Params: { file: string } }>(
    '/console/:file',
    hidden,
    async (request, reply) => await sendFile(request, reply, request.params.file),
  );
}

async function sendFile(request: FastifyRequest, reply: FastifyReply, name: string): Promise<FastifyReply> {
  const type = Object.hasOwn(FILES, name) ? FILES[name] : undefined;
  if (type === undefined) throw new Problem('not-found', 'The console has no such file');
  // Read each time: a page that operators open a few times a day needs no cache, and an edit shows at once.
  const bytes = await readFile(new URL(name, PAGE));
  const etag = `"${hash('sha256', bytes, 'hex').slice(0, 16)}"`;
  reply.header('content-security-policy', POLICY).header('cache-control', 'no-cache').header('etag', etag);
  if (request.headers['if-none-match'] === etag) return reply.code(304).send();
  return reply.header('content-type', type).send(bytes);
}

function addConsoleData(plain: FastifyInstance, door: Door, mayOnly: MayOnly): void {
  const app = plain.withTypeProvider<ZodTypeProvider>();
  const onRequest = mayOnly('admin');
  const { submissions } = door.store;
  const kind = z.object({ path: z.string() });
  const query = z.strictObject({ status: status.optional(), cursor: cursor.optional() });

  app.get('/console/data/overview', { onRequest, schema: { hide: true } }, async (_request, reply) =>
    sendJson(reply.header('cache-control', 'no-store'), JSON.stringify(await overview(door))),
  );
  app.get(
    '/console/data/:path',
    { onRequest, schema: { hide: true, params: kind, querystring: query } },
    async (request, reply) => {
      const contract = contractAt(door, request.params.path);
      const { status: wanted, cursor: after } = request.query;
      const only = {
        ...(wanted === undefined ? {} : { status: wanted }),
        ...(after === undefined ? {} : { cursor: after }),
      };
      const page = await submissions.list({ kind: contract.kind, limit: 50, ...only });
      const items = page.items.map(({ submission, body }) => resourceOf(contract, submission, body));
      return sendJson(
        reply.header('cache-control', 'no-store'),
        `{"data":[${items.join(',')}],"nextCursor":${JSON.stringify(page.nextCursor)}}`,
      );
    },
  );
  const one = z.object({ path: z.string(), id: z.string().max(512) });
  app.get('/console/data/:path/:id', { onRequest, schema: { hide: true, params: one } }, async (request, reply) => {
    const { contract, found } = await findOne(door, request.params);
    const { submission, body } = found;
    const timeline = (await submissions.timeline(submission.id)).map(({ at, ...rest }) => ({ at: iso(at), ...rest }));
    const beside = JSON.stringify({
      path: contract.path,
      clientId: submission.clientId,
      callbackUrl: submission.callbackUrl,
      waits: whyItWaits(submission, Date.now()),
      timeline,
    });
    return sendJson(
      reply.header('cache-control', 'no-store'),
      `{"resource":${resourceOf(contract, submission, body)},${beside.slice(1)}`,
    );
  });
}

/** `any`: an operator who is woken has an id, not a kind. */
async function findOne(door: Door, { path, id }: { path: string; id: string }) {
  for (const contract of path === 'any' ? door.contracts : [contractAt(door, path)]) {
    const found = await findAny(door.store.submissions, contract, id).catch(unlessMissing);
    if (found) return { contract, found };
  }
  throw new Problem('not-found', `There is nothing with that id${path === 'any' ? '' : ` at ${path}`}`);
}

function unlessMissing(error: unknown): undefined {
  if (error instanceof Problem && error.slug === 'not-found') return;
  throw error;
}

function contractAt(door: Door, path: string): KindContract {
  const contract = door.contracts.find((each) => each.path === path);
  if (contract) return contract;
  throw new Problem(
    'not-found',
    `There is no kind at ${path}; there are: ${door.contracts.map((each) => each.path).join(', ')}`,
  );
}

/** What cannot be had (Redis or PostgreSQL is away) is null: the rest is still worth seeing. */
async function overview(door: Door) {
  const [queues, gauges] = await Promise.all([
    door.producer.backlog().catch(() => null),
    door.store.gauges().catch(() => null),
  ]);
  const kinds = door.contracts.map(({ kind, path, summary, providers }) => ({ kind, path, summary, providers }));
  return { kinds, queues, gauges };
}
