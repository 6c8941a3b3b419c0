import { readFile } from 'node:fs/promises';
import { hash } from 'node:crypto';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import type { Door } from '../door.ts';
import type { MayOnly } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { addConsoleData } from './console-data.ts';

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
