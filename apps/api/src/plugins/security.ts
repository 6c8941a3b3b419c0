import { randomUUID } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import cors from '@fastify/cors';
import helmet from '@fastify/helmet';
import fastify, { type FastifyInstance } from 'fastify';
import { Problem } from '../problem.ts';

declare module 'fastify' {
  interface FastifyInstance {
    /** The security headers of what is no page, for answers that no hook has seen. */
    readonly dataHeaders: Readonly<Record<string, string>>;
  }
}

/** What we echo of a caller's `x-request-id`: it ends up in logs and answers. */
const SANE_ID = /^[A-Za-z0-9._:-]{1,128}$/;

export function requestIdOf(request: IncomingMessage): string {
  const given = request.headers['x-request-id'];
  return typeof given === 'string' && SANE_ID.test(given) ? given : randomUUID();
}

/** Readable by pages of the allowed origins. */
const EXPOSED = [
  'location',
  'etag',
  'retry-after',
  'idempotency-replayed',
  'preference-applied',
  'x-request-id',
  'allow',
];

/** Swagger UI (self-hosted) styles its own elements; it is the only page here. */
const PAGE_POLICY = {
  defaultSrc: ["'none'"],
  scriptSrc: ["'self'"],
  styleSrc: ["'self'", "'unsafe-inline'"],
  imgSrc: ["'self'", 'data:'],
  connectSrc: ["'self'"],
  baseUri: ["'none'"],
  formAction: ["'none'"],
  frameAncestors: ["'none'"],
};
/** What is no page needs nothing. */
const DATA_POLICY = { defaultSrc: ["'none'"], frameAncestors: ["'none'"] };

/** Security headers, the CORS allow-list, and the checks every request passes before it is anybody's. */
export async function addSecurity(
  app: FastifyInstance,
  { corsOrigins }: { corsOrigins: readonly string[] },
): Promise<void> {
  const shared = corsOrigins.length > 0;
  const [onPages, onData] = await Promise.all([helmetHeaders(PAGE_POLICY, shared), helmetHeaders(DATA_POLICY, shared)]);
  app.decorate('dataHeaders', onData);
  if (shared) {
    const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE'];
    await app.register(cors, { origin: [...corsOrigins], methods, exposedHeaders: EXPOSED, maxAge: 600 });
  }
  app.addHook('onRequest', (request, reply, next) => {
    reply.headers(request.url.startsWith('/docs') ? onPages : onData).header('x-request-id', request.id);
    const coding = request.raw.headers['content-encoding'];
    if (coding === undefined || coding === 'identity') return next();
    next(
      new Problem('unsupported-media-type', 'Bodies must not be compressed', {
        headers: { 'accept-encoding': 'identity' },
      }),
    );
  });
}

/** Helmet computes the same headers for every answer, for 4 µs each: asked once, they cost none of that. */
async function helmetHeaders(
  directives: Record<string, string[]>,
  sharedWithOrigins: boolean,
): Promise<Record<string, string>> {
  const probe = fastify();
  await probe.register(helmet, {
    contentSecurityPolicy: { useDefaults: false, directives },
    // Browsers ignore it over plain http; behind a TLS proxy it holds.
    hsts: { maxAge: 31_536_000 },
    xFrameOptions: { action: 'deny' },
    crossOriginResourcePolicy: { policy: sharedWithOrigins ? 'cross-origin' : 'same-origin' },
  });
  probe.get('/', (_request, reply) => reply.send());
  const { headers } = await probe.inject('/');
  await probe.close();
  const own = Object.entries(headers).filter(([name]) => !['date', 'connection', 'content-length'].includes(name));
  return Object.fromEntries(own.map(([name, value]) => [name, String(value)]));
}

const JSON_RANGES = /^(?:\*\/\*|application\/(?:\*|json|problem\+json))$/;

/** 406 for callers that take no JSON. Absent and `*` mean anything; `q=0` means not this one. */
export function refuseOtherThanJson(accept: string | undefined): void {
  if (accept === undefined || accept === '*/*' || accept === 'application/json') return;
  const takes = accept.split(',').some((range) => {
    const [type = '', ...parameters] = range.split(';').map((part) => part.trim().toLowerCase());
    return JSON_RANGES.test(type) && !parameters.some((parameter) => /^q=0(\.0*)?$/.test(parameter));
  });
  if (!takes && accept.trim() !== '')
    throw new Problem('not-acceptable', 'Answers are application/json; the Accept header excludes it');
}
