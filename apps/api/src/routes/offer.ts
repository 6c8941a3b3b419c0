import { iso } from '@countersign/flow';
import type { KindContract, OfferContract } from '@countersign/kinds';
import { newId } from '@countersign/store';
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { findRoundedAmounts } from '../intake/number-digits.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { invalid, unavailable } from '../problem.ts';
import { sendJson } from './resource.ts';
import { documented } from './schemas.ts';

/** `POST /v1/quotes` and its like: third parties are asked while the caller waits, and the promise is kept with the client. */
export function addOffer(
  app: FastifyInstance,
  door: Door,
  contract: KindContract,
  offer: OfferContract,
  mayOnly: MayOnly,
): void {
  const time = z.string().meta({ format: 'date-time' });
  const schema = documented({
    summary: offer.summary,
    description: `Moves nothing. Give its \`id\` as \`${offer.namedBy}\` to \`POST /v1/${contract.path}\` before \`expiresAt\`.`,
    tags: [contract.path],
    body: offer.body,
    response: { 200: offer.response.extend({ id: z.uuid(), createdAt: time, expiresAt: time }) },
    problems: ['invalid-request', 'payload-too-large', 'unsupported-media-type'],
    scope: 'write',
  });
  app.post(`/v1/${offer.path}`, { schema, onRequest: mayOnly('write') }, async (request, reply) => {
    refuseOtherThanJson(request.raw.headers.accept);
    return await promise(door, contract, offer, request, reply);
  });
}

async function promise(
  door: Door,
  { kind }: KindContract,
  offer: OfferContract,
  request: FastifyRequest,
  reply: FastifyReply,
): Promise<FastifyReply> {
  const clientId = clientOf(principalOf(request)).id;
  const [first, ...rest] = findRoundedAmounts(request.sent?.text ?? '', request.body, offer.amounts);
  if (first) throw invalid(first, ...rest);
  const made = await offer.ask(request.body, door.town);
  if (made.type === 'refused') throw invalid(made.fault);
  if (made.type === 'away')
    throw unavailable(`The ${made.provider} gives no ${offer.name} right now; nothing was moved`);
  const id = newId();
  const { terms, shown, holdsForMs } = made;
  const { createdAt, expiresAt } = await door.store.offers.keep({ id, clientId, kind, terms, holdsForMs });
  reply.header('cache-control', 'no-store');
  return sendJson(reply, JSON.stringify({ id, ...shown, createdAt: iso(createdAt), expiresAt: iso(expiresAt) }));
}
