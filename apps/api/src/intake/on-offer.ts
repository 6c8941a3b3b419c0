import { iso, type JsonObject } from '@countersign/flow';
import type { KindContract } from '@countersign/kinds';
import type { Door } from '../door.ts';
import { invalid } from '../problem.ts';

/**
 * The facts of a submission that is made on an offer; undefined when it names none. Judged by the database's clock, after
 * the body. @throws Problem invalid-request for one that is not this client's, has ended, or is for something else.
 */
export async function factsOnOffer(
  door: Door,
  { kind, offer }: KindContract,
  clientId: string,
  body: unknown,
): Promise<JsonObject | undefined> {
  const id: unknown = offer && body instanceof Object ? Reflect.get(body, offer.namedBy) : undefined;
  if (!offer || typeof id !== 'string') return undefined;
  const pointer = `/${offer.namedBy}`;
  const found = await door.store.offers.find({ id, clientId, kind });
  if (!found) throw invalid({ pointer, detail: `is no ${offer.name} of yours` });
  const expiresAt = iso(found.expiresAt);
  if (found.expired) throw invalid({ pointer, detail: `held until ${expiresAt}: ask for a new ${offer.name}` });
  const fault = offer.mismatch(found.terms, body);
  if (fault) throw invalid(fault);
  return offer.facts({ id, expiresAt }, found.terms);
}
