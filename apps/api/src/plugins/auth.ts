import type { Scope } from '@countersign/store';
import type { FastifyInstance, FastifyRequest, onRequestAsyncHookHandler } from 'fastify';
import type { Authenticate } from '../auth/authenticate.ts';
import type { Principal } from '../auth/principal.ts';
import { Problem } from '../problem.ts';
import type { Limits } from './limits.ts';

declare module 'fastify' {
  interface FastifyRequest {
    /** null until a `mayOnly` hook has let the request in. */
    principal: Principal | null;
  }
}

/** Makes the hook that lets only callers with that scope, or one of those scopes, in. */
export type MayOnly = (...scopes: readonly [Scope, ...Scope[]]) => onRequestAsyncHookHandler;

/** RFC 6750: the scheme in any case, one token68 credential. */
const BEARER = /^Bearer +([A-Za-z0-9._~+/-]+=*)$/i;

/**
 * Runs before the body is read, so strangers cannot make us parse. Who fails too often from one address is told 429
 * instead of 401; a good key always passes, because many clients may share an address.
 */
export function addAuth(app: FastifyInstance, authenticate: Authenticate, limits: Limits): MayOnly {
  app.decorateRequest('principal', null);
  return (...scopes) =>
    async (request) => {
      const found = await identify(request, authenticate);
      if (typeof found === 'string') {
        limits.noteStranger(request.ip);
        throw unauthenticated(found);
      }
      if (!scopes.some((scope) => found.scopes.includes(scope))) {
        const held = found.scopes.length === 0 ? 'none' : found.scopes.join(', ');
        throw new Problem('forbidden', `This needs the scope ${scopes.join(' or ')}; the key has ${held}`);
      }
      request.principal = found;
      if (found.client) limits.noteClient(found.client);
    };
}

export function principalOf(request: FastifyRequest): Principal {
  if (request.principal) return request.principal;
  throw new Error(`${request.routeOptions.url ?? 'a route'} was registered without mayOnly()`);
}

async function identify(request: FastifyRequest, authenticate: Authenticate): Promise<Principal | string> {
  const { authorization } = request.raw.headers;
  if (authorization === undefined) return 'Send your key as `Authorization: Bearer <key>`';
  const credential = BEARER.exec(authorization)?.[1];
  return credential === undefined ? 'The Authorization header must be `Bearer <key>`' : await authenticate(credential);
}

function unauthenticated(detail: string): Problem {
  const error = detail.startsWith('Send') ? '' : ', error="invalid_token"';
  return new Problem('unauthenticated', detail, {
    headers: { 'www-authenticate': `Bearer realm="countersign"${error}` },
  });
}
