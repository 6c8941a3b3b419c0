import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import {
  invalid,
  Problem,
  PROBLEM_JSON,
  PROBLEMS,
  problemText,
  RETRY_AFTER_SECONDS,
  type Slug,
  unavailable,
} from '../problem.ts';
import { faultsOf } from './zod-faults.ts';

/** problem+json for everything that goes wrong, wherever it does; unknown URLs and methods included. */
export function addErrors(app: FastifyInstance): void {
  const routes = rememberRoutes(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOfBody(error, request) ?? problemOf(error);
    if (problem.slug === 'internal-error')
      request.log.error({ err: error, route: request.routeOptions.url, requestId: request.id }, 'a request broke');
    // The client is told to come back, and nothing else: whoever mends the bucket reads here what it said.
    if (error.name === 'ArchiveAway')
      request.log.warn({ err: error, route: request.routeOptions.url, requestId: request.id }, 'the archive is away');
    return sendProblem(reply, request, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsAt(request.url);
    if (allowed.length === 0) {
      const path = pathOf(request.url);
      const hint = routes.methodsAt(`${path}s`).length > 0 ? `did you mean ${path}s?` : 'see /docs for what is';
      return sendProblem(reply, request, new Problem('not-found', `Nothing is served at ${path}; ${hint}`));
    }
    const allow = allowed.join(', ');
    return sendProblem(
      reply,
      request,
      new Problem('method-not-allowed', `${request.method} is not allowed here; allowed: ${allow}`, {
        headers: { allow },
      }),
    );
  });
}

export function sendProblem(reply: FastifyReply, request: FastifyRequest, problem: Problem): FastifyReply {
  const { slug, more } = problem;
  if (more.headers) reply.headers(more.headers);
  return reply
    .code(PROBLEMS[slug].status)
    .header('cache-control', 'no-store')
    .type(PROBLEM_JSON)
    .send(problemText(slug, problem.message, request.id, more));
}

/** What the route takes is known only here. */
function problemOfBody(error: FastifyError, request: FastifyRequest): Problem | undefined {
  const { schema, bodyLimit } = request.routeOptions;
  if (error.code === 'FST_ERR_CTP_BODY_TOO_LARGE')
    return new Problem('payload-too-large', `The body is larger than the ${bodyLimit} bytes this resource takes`);
  if (error.code !== 'FST_ERR_CTP_INVALID_MEDIA_TYPE') return undefined;
  const given = request.headers['content-type']?.slice(0, 100);
  const takes = schema?.consumes?.join(', ') ?? 'application/json';
  const what = given
    ? `Bodies of the content type ${JSON.stringify(given)} are not taken`
    : 'The body has no content type';
  return new Problem('unsupported-media-type', `${what}; send ${takes}`, { headers: { accept: takes } });
}

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return validationProblem(error);
  // Errors of other rooms are known by name: they may come from another copy of the class.
  if (error.name === 'StoreAway') return unavailable('The store cannot be reached; nothing was accepted', error);
  if (error.name === 'StoreBusy')
    return unavailable('Too many requests wait for the store; nothing was accepted', error);
  if (error.name === 'ArchiveAway') return archiveAway(error);
  if (error.name === 'BadCursor')
    return invalid({
      pointer: '/query/cursor',
      detail: 'is not one this list gave out; leave it out to start at the newest',
    });
  const known = BY_CODE[error.code];
  if (known) return new Problem(known.slug, known.detail, known.headers ? { headers: known.headers } : {});
  if (error.statusCode !== undefined && error.statusCode < 500)
    return new Problem(slugOf(error.statusCode), error.message);
  return new Problem('internal-error', 'It was noted under the request id; try again, or tell us that id', {
    cause: error,
  });
}

/** A moment is not enough: what reads the archive now goes on for some seconds. */
const ARCHIVE_AGAIN_SECONDS = '10';

function archiveAway(cause: Error): Problem {
  const headers = { 'retry-after': ARCHIVE_AGAIN_SECONDS };
  return new Problem('unavailable', 'Archived receipts cannot be read right now; ask again later', { headers, cause });
}

function validationProblem(error: FastifyError): Problem {
  const faults = faultsOf(error.validation ?? [], error.validationContext ?? 'body');
  const [first, ...rest] = faults;
  return first ? invalid(first, ...rest) : new Problem('invalid-request', 'The request is not valid');
}

const BY_CODE: Readonly<Record<string, { slug: Slug; detail: string; headers?: Record<string, string> }>> = {
  FST_ERR_CTP_INVALID_CONTENT_LENGTH: {
    slug: 'invalid-request',
    detail: 'The body is not as long as Content-Length says',
  },
  FST_ERR_BAD_URL: { slug: 'invalid-request', detail: 'The path is not a valid percent-encoded UTF-8 URL' },
  FST_ERR_HANDLER_TIMEOUT: {
    slug: 'unavailable',
    detail: 'It took too long; whether it happened is not known, sending it again is safe',
    headers: { 'retry-after': '1' },
  },
  FST_UNDER_PRESSURE: {
    slug: 'unavailable',
    detail: 'More requests than this replica can handle; nothing was accepted',
    headers: { 'retry-after': String(RETRY_AFTER_SECONDS) },
  },
};

function slugOf(status: number): Slug {
  const slugs = Object.keys(PROBLEMS) as Slug[];
  return slugs.find((slug) => PROBLEMS[slug].status === status) ?? 'invalid-request';
}

interface Routes {
  readonly methodsAt: (url: string) => readonly string[];
}

/** Fastify says 404 where another method would be found; which methods there are must be remembered. */
function rememberRoutes(app: FastifyInstance): Routes {
  const routes: { pattern: RegExp; method: string }[] = [];
  app.addHook('onRoute', (route) => {
    if (route.url.includes('*')) return;
    const pattern = new RegExp(`^${route.url.replace(/[.+?^$()|[\]{}\\]/g, '\\$&').replace(/:[A-Za-z]+/g, '[^/]+')}$`);
    for (const method of [route.method].flat()) routes.push({ pattern, method });
  });
  return {
    methodsAt: (url) =>
      [...new Set(routes.filter((route) => route.pattern.test(pathOf(url))).map((route) => route.method))].sort(),
  };
}

function pathOf(url: string): string {
  return url.split('?', 1)[0] ?? url;
}

/** URLs the router itself refuses: no hook has run, so what they would have set is set here. */
export function answerFrameworkError(error: FastifyError, request: FastifyRequest, reply: FastifyReply): void {
  reply.headers(request.server.dataHeaders).header('x-request-id', request.id);
  // 414 is the router's word for a path parameter longer than any id.
  const tooLong = error.statusCode === 414;
  const detail = 'The path names nothing: it is longer than any id';
  void sendProblem(reply, request, tooLong ? new Problem('not-found', detail) : problemOf(error));
}
