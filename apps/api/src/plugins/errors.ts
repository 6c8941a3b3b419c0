import type { Socket } from 'node:net';
import type { FastifyError, FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { hasZodFastifySchemaValidationErrors } from 'fastify-type-provider-zod';
import { invalid, Problem, PROBLEM_JSON, PROBLEMS, problemText, type Slug, unavailable } from '../problem.ts';
import { faultsOf } from './zod-faults.ts';

/** problem+json for everything that goes wrong, wherever it does; unknown URLs and methods included. */
export function addErrors(app: FastifyInstance): void {
  const routes = rememberRoutes(app);
  app.setErrorHandler((error: FastifyError, request, reply) => {
    const problem = problemOf(error);
    if (problem.slug === 'internal-error')
      request.log.error({ err: error, route: request.routeOptions.url, requestId: request.id }, 'a request broke');
    return sendProblem(reply, request, problem);
  });
  app.setNotFoundHandler((request, reply) => {
    const allowed = routes.methodsAt(request.url);
    if (allowed.length === 0)
      return sendProblem(reply, request, new Problem('not-found', `Nothing is served at ${pathOf(request.url)}`));
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

function problemOf(error: FastifyError): Problem {
  if (error instanceof Problem) return error;
  if (hasZodFastifySchemaValidationErrors(error)) return validationProblem(error);
  // Errors of other rooms are known by name: they may come from another copy of the class.
  if (error.name === 'StoreAway') return unavailable('The store cannot be reached; nothing was accepted', error);
  if (error.name === 'StoreBusy')
    return unavailable('Too many requests wait for the store; nothing was accepted', error);
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

function validationProblem(error: FastifyError): Problem {
  const faults = faultsOf(error.validation ?? [], error.validationContext ?? 'body');
  const [first, ...rest] = faults;
  return first ? invalid(first, ...rest) : new Problem('invalid-request', 'The request is not valid');
}

const BY_CODE: Readonly<Record<string, { slug: Slug; detail: string; headers?: Record<string, string> }>> = {
  FST_ERR_CTP_BODY_TOO_LARGE: {
    slug: 'payload-too-large',
    detail: 'The body is larger than this resource takes; see /docs for the limit',
  },
  FST_ERR_CTP_INVALID_MEDIA_TYPE: {
    slug: 'unsupported-media-type',
    detail: 'This resource does not take bodies of that content type; see /docs for those it takes',
  },
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
  reply.header('x-request-id', request.id);
  // 414 is the router's word for a path parameter longer than any id.
  const tooLong = error.statusCode === 414;
  const detail = 'The path names nothing: it is longer than any id';
  void sendProblem(reply, request, tooLong ? new Problem('not-found', detail) : problemOf(error));
}

/** Bytes that are no HTTP request, or that came too slowly: answered by hand, because there is no request to reply to. */
export function answerBrokenRequest(
  error: Error & { code?: string },
  socket: Socket & { _httpMessage?: { headersSent: boolean } },
): void {
  // Node's own rule: say nothing where an answer has already begun, the client would take it for its continuation.
  if (!socket.writable || socket._httpMessage?.headersSent || error.code === 'ECONNRESET') {
    socket.destroy();
    return;
  }
  const { slug, detail } = BROKEN[error.code ?? ''] ?? {
    slug: 'invalid-request',
    detail: 'This is not a well-formed HTTP/1.1 request',
  };
  const { status } = PROBLEMS[slug];
  const body = problemText(slug, detail, crypto.randomUUID());
  socket.end(
    `HTTP/1.1 ${status} ${REASONS[status] ?? 'Bad Request'}\r\ncontent-type: ${PROBLEM_JSON}\r\n` +
      `content-length: ${Buffer.byteLength(body)}\r\nconnection: close\r\n\r\n${body}`,
  );
}

const BROKEN: Readonly<Record<string, { slug: Slug; detail: string }>> = {
  ERR_HTTP_REQUEST_TIMEOUT: { slug: 'request-timeout', detail: 'The whole request must arrive within 10 s' },
  HPE_HEADER_OVERFLOW: { slug: 'headers-too-large', detail: 'All header fields together may have 16 KiB' },
};
const REASONS: Readonly<Record<number, string>> = {
  400: 'Bad Request',
  408: 'Request Timeout',
  431: 'Request Header Fields Too Large',
};
