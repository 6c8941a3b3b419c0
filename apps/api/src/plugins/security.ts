import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import type { FastifyInstance } from 'fastify';
import { Problem } from '../problem.ts';

/** What we echo of a caller's `x-request-id`: it ends up in logs and answers. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/** Readable by pages of the allowed origins. */
const EXPOSED = ['location', 'etag', 'retry-after', 'idempotency-replayed', 'preference-applied', 'x-request-id', 'allow'];

/** Security headers, the CORS allow-list, and the checks every request passes before it is anybody's. */
export async function addSecurity(app: FastifyInstance, { corsOrigins }: { corsOrigins: readonly string[] }): Promise<void> {
  await app.register(helmet, {
    // Swagger UI (self-hosted) styles its own elements; nothing else here is a page.
    contentSecurityPolicy: {
      useDefaults: false,
      directives: {
        defaultSrc: ["'none'"],
        scriptSrc: ["'self'"],
        styleSrc: ["'self'", "'unsafe-inline'"],
        imgSrc: ["'self'", 'data:'],
        connectSrc: ["'self'"],
        fontSrc: ["'self'"],
        baseUri: ["'none'"],
        formAction: ["'self'"],
        frameAncestors: ["'none'"],
      },
    },
    // Browsers ignore it over plain http; behind a TLS proxy it holds.
    hsts: { maxAge: 31_536_000 },
    crossOriginResourcePolicy: { policy: corsOrigins.length > 0 ? 'cross-origin' : 'same-origin' },
  });
  if (corsOrigins.length > 0) {
    await app.register(cors, { origin: [...corsOrigins], methods: ['GET', 'HEAD', 'POST', 'PATCH', 'DELETE'], exposedHeaders: EXPOSED, maxAge: 600 });
  }
  app.addHook('onRequest', (request, reply, next) => {
    reply.header('x-request-id', request.id);
    const { headers } = request.raw;
    if (headers['content-encoding'] !== undefined && headers['content-encoding'] !== 'identity') {
      const detail = 'Bodies must not be compressed';
      return next(new Problem('unsupported-media-type', detail, { headers: { 'accept-encoding': 'identity' } }));
    }
    next();
  });
}

const JSON_RANGES = /^(?:\*\/\*|application\/(?:\*|json|problem\+json))$/;

/** 406 for callers that take no JSON. Absent and `*` mean anything; `q=0` means not this one. */
export function refuseOtherThanJson(accept: string | undefined): void {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return;
  const takes = accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return JSON_RANGES.test(type) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
  if (!takes && accept.trim() !== '') throw new Problem('not-acceptable', 'Answers are application/json; the Accept header excludes it');
}
