import { SCOPES, type Client, type Scope } from '@countersign/store';
import { Problem } from '../problem.ts';

/** Who is calling, as far as a key or token proves it. */
export interface Principal {
  /** Absent for administrators that are no client: the key of the environment, or a token that names none. */
  readonly client?: Client;
  readonly scopes: readonly Scope[];
  /** Stands in timelines and dead letters when an operator acts. No secret. */
  readonly actor: string;
}

export function clientOf(principal: Principal): Client {
  if (principal.client) return principal.client;
  throw new Problem(
    'forbidden',
    'This key belongs to no client, and submissions do; use a key made with POST /v1/clients/{id}/keys',
  );
}

export function isScope(word: string): word is Scope {
  return SCOPES.some((scope) => scope === word);
}
