import type { Clients } from '@countersign/store';
import { createRemoteJWKSet, errors, jwtVerify, type JWTPayload, type JWTVerifyGetKey } from 'jose';
import { unavailable } from '../problem.ts';
import { isScope, type Principal } from './principal.ts';

export interface Oidc {
  /** The token's bearer, or why it is refused. */
  readonly verify: (token: string) => Promise<Principal | string>;
}

export interface OidcOptions {
  /** `OIDC_ISSUER`: must equal the token's `iss`; its keys are found by `/.well-known/openid-configuration`. */
  readonly issuer: string;
  readonly audience: string;
  readonly clients: Pick<Clients, 'get'>;
}

/** Signatures with a public key only: with HS256 whoever knows the public key could sign. */
const ALGORITHMS = ['RS256', 'RS384', 'RS512', 'PS256', 'PS384', 'PS512', 'ES256', 'ES384', 'ES512', 'EdDSA'];
/** The identity provider is asked rarely and must not hold a request for long. */
const FETCH_TIMEOUT_MS = 3_000;
const CLIENT_REMEMBERED_MS = 2_000;
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/i;

/**
 * Access tokens of an OpenID provider. Scopes come from the claim `scope` (words between blanks) or `scp` (array); words that
 * are not ours are passed over. The client is the one whose id stands in `countersign_client`, else `azp`, else `client_id`;
 * a token that names none of ours is an administrator at most.
 */
export function createOidc({ issuer, audience, clients }: OidcOptions): Oidc {
  const key = keysOf(issuer);
  const remembered = new Map<string, { readonly until: number; readonly client: ReturnType<Clients['get']> }>();
  const clientOfId = (id: string): ReturnType<Clients['get']> => {
    const now = performance.now();
    const known = remembered.get(id);
    if (known && known.until > now) return known.client;
    if (remembered.size > 10_000) remembered.clear();
    const client = clients.get(id);
    client.catch(() => remembered.delete(id));
    remembered.set(id, { until: now + CLIENT_REMEMBERED_MS, client });
    return client;
  };
  return {
    async verify(token) {
      const claims = await verified(token, { issuer, audience, key });
      if (typeof claims === 'string') return claims;
      const scopes = scopesOf(claims);
      const id = clientIdOf(claims);
      const client = id === undefined ? undefined : await clientOfId(id);
      const actor = `token of ${claims.sub ?? id ?? 'nobody'}`;
      if (client) return { client, scopes, actor };
      if (scopes.includes('admin')) return { scopes, actor };
      return 'The token names no client of ours (claim countersign_client, azp or client_id)';
    },
  };
}

async function verified(
  token: string,
  { issuer, audience, key }: { issuer: string; audience: string; key: JWTVerifyGetKey },
): Promise<JWTPayload | string> {
  try {
    const options = { issuer, audience, algorithms: ALGORITHMS, clockTolerance: 5, requiredClaims: ['exp'] };
    return (await jwtVerify(token, key, options)).payload;
  } catch (error) {
    if (error instanceof errors.JWTExpired) return 'The token has expired';
    if (error instanceof errors.JWTClaimValidationFailed)
      return `The token's claim ${error.claim} is not what it must be`;
    if (error instanceof errors.JWKSTimeout || !(error instanceof errors.JOSEError)) {
      throw unavailable('The keys of the identity provider cannot be fetched', error);
    }
    return "The token's signature or form is not valid";
  }
}

/** The provider's key set, found once by discovery; looked for again as long as that fails. */
function keysOf(issuer: string): JWTVerifyGetKey {
  let found: Promise<JWTVerifyGetKey> | undefined;
  return async (header, token) => {
    found ??= discover(issuer).catch((error: unknown) => {
      found = undefined;
      throw error;
    });
    return (await found)(header, token);
  };
}

async function discover(issuer: string): Promise<JWTVerifyGetKey> {
  const url = `${issuer.replace(/\/$/, '')}/.well-known/openid-configuration`;
  const response = await fetch(url, { redirect: 'error', signal: AbortSignal.timeout(FETCH_TIMEOUT_MS) });
  const document: unknown = response.ok ? await response.json() : undefined;
  const uri = document instanceof Object && 'jwks_uri' in document ? document.jwks_uri : undefined;
  if (typeof uri !== 'string' || !URL.canParse(uri))
    throw new Error(`${url} answered ${response.status} without a jwks_uri`);
  return createRemoteJWKSet(new URL(uri), { timeoutDuration: FETCH_TIMEOUT_MS, cooldownDuration: 5_000 });
}

function scopesOf(claims: JWTPayload): Principal['scopes'] {
  const { scope, scp } = claims;
  const words = typeof scope === 'string' ? scope.split(' ') : Array.isArray(scp) ? scp.map(String) : [];
  return words.filter(isScope);
}

function clientIdOf(claims: JWTPayload): string | undefined {
  const ids = [claims['countersign_client'], claims['azp'], claims['client_id']];
  return ids.find((id): id is string => typeof id === 'string' && UUID.test(id));
}
