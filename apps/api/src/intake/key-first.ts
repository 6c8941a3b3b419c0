import { nameOf, type Submission } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { FastifyError, FastifyRequest } from 'fastify';
import { principalOf } from '../plugins/auth.ts';
import { Problem } from '../problem.ts';
import { locationOf } from '../routes/resource.ts';
import type { Door } from '../door.ts';
import { headerKey } from './accept.ts';

/** What is wrong with the body, and so is judged after the key. */
const OF_THE_BODY = new Set([400, 413, 415]);

/**
 * The order of checks where a key may be used once only: the key's form, whether it was used, then the body. Asked only
 * when the body is wrong, since a good one finds a used key by being committed: the usual request pays nothing for it.
 */
export async function keyComesFirst(
  door: Door,
  contract: KindContract,
  request: FastifyRequest,
  error: FastifyError,
): Promise<Problem | undefined> {
  const { key } = contract.intake;
  if (contract.onReplay !== 'conflict' || key.from !== 'header' || !isOfTheBody(error)) return undefined;
  try {
    const naturalId = headerKey(key, request.raw.headers['idempotency-key']?.toString());
    const clientId = principalOf(request).client?.id;
    if (naturalId === undefined || clientId === undefined) return undefined;
    const found = await door.store.submissions.find({ clientId, kind: contract.kind, id: naturalId });
    return found && duplicate(contract, found.submission);
  } catch (keyTrouble) {
    // The key's own fault is told instead of the body's; a store that is away leaves the body's.
    return keyTrouble instanceof Problem ? keyTrouble : undefined;
  }
}

function isOfTheBody(error: FastifyError): boolean {
  if (error instanceof Problem) return error.slug === 'invalid-request' || error.slug === 'unsupported-media-type';
  return OF_THE_BODY.has(error.statusCode ?? 0);
}

/** 409 with the first: where it is, and how it stands. */
export function duplicate(contract: KindContract, first: Submission): Problem {
  const location = locationOf(contract, first);
  return new Problem('duplicate-request', `This key was used before; see ${location}`, {
    headers: { location },
    members: { existing: { id: nameOf(first), status: first.status } },
  });
}
