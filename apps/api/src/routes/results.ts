import type { KindContract, ResultsFeed } from '@countersign/kinds';
import type { FeedItem } from '@countersign/store';
import type { FastifyInstance, FastifyRequest } from 'fastify';
import type { ZodTypeProvider } from 'fastify-type-provider-zod';
import { z } from 'zod';
import { clientOf } from '../auth/principal.ts';
import type { Door } from '../door.ts';
import { principalOf, type MayOnly } from '../plugins/auth.ts';
import { refuseOtherThanJson } from '../plugins/security.ts';
import { invalid } from '../problem.ts';
import { answerList, listQuerystring, listSchema } from './list.ts';
import { sendJson } from './resource.ts';
import { documented } from './schemas.ts';

const after = z
  .string()
  .regex(/^\d{1,18}$/, { error: 'must be the `cursor` of a result, as it was, or 0 to begin with the oldest' })
  .meta({ description: 'The `cursor` of a result; 0 begins with the oldest. Takes nothing.', examples: ['17'] });

/**
 * `GET /v1/<kind>` of a kind with a results feed (contract section 3.2): without a query up to 10 finished results, each
 * given out once; with `after` the results after that one, taking nothing; with any other query the list of every kind.
 */
export function addFeed(
  app: FastifyInstance,
  door: Door,
  contract: KindContract,
  feed: ResultsFeed,
  mayOnly: MayOnly,
): void {
  const schema = documented({
    summary: `Finished results of your ${contract.path}, each once; with a query, the list`,
    description:
      'Without a query: up to 10 results, oldest first, which are not returned by it again. With `after`: up to 10 results after that one, taken or not, so a lost answer can be read again. With any other query: your submissions, newest first. Results are kept for 14 days.',
    tags: [contract.path],
    querystring: z.strictObject({ ...listQuerystring(contract), after: after.optional() }),
    response: { 200: z.union([z.array(itemSchema(contract, feed)), listSchema(contract)]) },
    problems: ['invalid-request', 'not-acceptable'],
    scope: 'read',
  });
  // A HEAD would take results and show none.
  const options = { schema, onRequest: mayOnly('read'), exposeHeadRoute: false };
  app.withTypeProvider<ZodTypeProvider>().get(`/v1/${contract.path}`, options, async (request, reply) => {
    refuseOtherThanJson(request.raw.headers.accept);
    const { after: place, ...query } = request.query;
    const names = namesIn(request);
    const mine = { clientId: clientOf(principalOf(request)).id, kind: contract.kind };
    if (place === undefined && names.length > 0) return await answerList({ door, contract, request, reply }, query);
    if (names.length > 1)
      throw invalid({ pointer: '/query/after', detail: "cannot be combined with the list's query" });
    const { results } = door.store;
    const items = place === undefined ? await results.take(mine) : await results.after(mine, place);
    // Asking again gives something else: nobody in between may answer for us.
    return sendJson(reply.header('cache-control', 'no-store'), `[${items.map(textOf).join(',')}]`);
  });
}

/** What was asked for, before any default is filled in. */
function namesIn(request: FastifyRequest): readonly string[] {
  const { url = '' } = request.raw;
  const at = url.indexOf('?');
  return at < 0 ? [] : [...new URLSearchParams(url.slice(at + 1)).keys()];
}

function textOf({ cursor, code, request, response }: FeedItem): string {
  return `{"cursor":"${cursor}","code":${code},"content":{"request":${request},"response":${response}}}`;
}

function itemSchema(contract: KindContract, { response }: ResultsFeed) {
  const request = contract.intake.type === 'json' ? contract.intake.body : z.null();
  return z.object({
    cursor: z.string().meta({ description: 'Its place in the feed, for `after`.', examples: ['17'] }),
    code: z.int().meta({ description: '200: it came about. Anything else says why not.', examples: [200] }),
    content: z.object({ request, response }),
  });
}
