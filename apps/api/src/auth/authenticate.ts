import { hash, timingSafeEqual } from 'node:crypto';
import type { Clients } from '@countersign/store';
import type { Principal } from './principal.ts';
import type { Oidc } from './oidc.ts';

export interface AuthenticateOptions {
  readonly clients: Pick<Clients, 'bearerOf'>;
  /** Works from the first start, before any client exists. */
  readonly adminKey?: string | undefined;
  readonly oidc?: Oidc | undefined;
}

/** Resolves a bearer credential; a string says why it is none. */
export type Authenticate = (credential: string) => Promise<Principal | string>;

/** Longer than any key or sensible token; nothing longer is hashed or parsed. */
const MAX_LENGTH = 8192;

/** Keys of the environment, keys of clients, OIDC access tokens: told apart by their form. */
export function createAuthenticate({ clients, adminKey, oidc }: AuthenticateOptions): Authenticate {
  const admin: Principal = { scopes: ['admin'], actor: 'admin' };
  const adminHash = adminKey === undefined ? undefined : hash('sha256', adminKey, 'buffer');
  return async (credential) => {
    if (credential.length > MAX_LENGTH) return 'The credential is too long to be one of ours';
    // Equal lengths and no early end: the time taken says nothing about the key.
    if (adminHash && timingSafeEqual(hash('sha256', credential, 'buffer'), adminHash)) return admin;
    if (oidc && isJwt(credential)) return await oidc.verify(credential);
    const bearer = await clients.bearerOf(credential);
    if (!bearer) return 'The key is unknown or revoked';
    return { client: bearer.client, scopes: bearer.scopes, actor: `client ${bearer.client.id} key ${bearer.keyId}` };
  };
}

function isJwt(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}
