import { isKeyed, nameOf, resourceText, snapshotOf, type Submission } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { Draft } from '@countersign/store';
import type { FastifyReply } from 'fastify';

/** The body to be spliced into a resource: documents that are not JSON are read at `/document`. */
export function requestJsonOf(contract: KindContract, body: string): string {
  return contract.intake.type === 'json' ? body : 'null';
}

export function resourceOf(contract: KindContract, submission: Submission, body: string): string {
  return resourceText(submission, contract.path, snapshotOf(submission), requestJsonOf(contract, body));
}

/** A freshly accepted submission, as the store has just written it. */
export function freshResource(
  contract: KindContract,
  identity: Parameters<typeof resourceText>[0],
  { body, facts = {} }: Pick<Draft, 'body' | 'facts'>,
): string {
  const snapshot = {
    status: 'PENDING',
    version: 1,
    updatedAt: identity.createdAt,
    settledAt: null,
    failure: null,
    facts,
    registrations: [],
  } as const;
  return resourceText(identity, contract.path, snapshot, requestJsonOf(contract, body));
}

export function locationOf(contract: KindContract, submission: Pick<Submission, 'id' | 'naturalId'>): string {
  return `/v1/${contract.path}/${encodeURIComponent(nameOf(submission))}`;
}

/** Ids are printable ASCII in every kind; what is not cannot be found, and PostgreSQL would choke on a NUL. An idempotency key is no id. */
export function mayBeId(id: string): boolean {
  return /^[\x21-\x7e]{1,255}$/.test(id) && !isKeyed(id);
}

/** Every change makes a new version, so the version tells representations of one URL apart. */
export function etagOf(version: number): string {
  return `"v${version}"`;
}

export const JSON_TYPE = 'application/json; charset=utf-8';

export function sendJson(reply: FastifyReply, text: string): FastifyReply {
  return reply.header('content-type', JSON_TYPE).send(text);
}
