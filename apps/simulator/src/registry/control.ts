import { z } from 'zod';
import { answerJson, BadRequest, readJson } from '../http.ts';
import { profileNames, type Call } from '../party.ts';
import { tally } from '../tally.ts';
import { profileWeights, ruleSchema, weightsSchema } from './choose.ts';
import { fateNames, fates } from './fates.ts';
import { outageSchema } from '../outage.ts';
import type { Desk } from './transaction.ts';

const weighSchema = z.union([
  z.strictObject({ profile: z.enum(profileNames) }),
  z.strictObject({ weights: weightsSchema.refine((given) => Object.values(given).some((weight) => weight > 0)) }),
]);

const settleSchema = z.strictObject({ id: z.string(), status: z.string().min(1), webhook: z.boolean().default(true) });

/** The table of fates, for people and for `GET /registry/fates`. */
export function fateTable(): { fate: string; amount: string | null; does: string; params: object }[] {
  return fateNames.map((name) => {
    const { cents, does, params } = fates[name];
    return { fate: name, amount: cents === null ? null : `*.${String(cents).padStart(2, '0')}`, does, params };
  });
}

/** `/_sim/registry/...`: see README. */
export async function controlRegistry(desk: Desk, { request, response, method, path, query }: Call): Promise<void> {
  const { books, chooser, outages } = desk;
  const asked = `${method} ${path}`;
  if (asked === 'GET /counts') return answerJson(response, 200, books.counts);
  if (asked === 'GET /effects') return answerJson(response, 200, { data: page(desk, query) });
  if (asked === 'GET /rules') return answerJson(response, 200, { data: chooser.rules() });
  if (asked === 'POST /rules') return answerJson(response, 201, chooser.addRule(await readJson(request, ruleSchema)));
  if (asked === 'GET /profile') return answerJson(response, 200, { weights: chooser.weights() });
  if (asked === 'POST /profile') {
    const given = await readJson(request, weighSchema);
    chooser.weigh('profile' in given ? profileWeights[given.profile] : given.weights);
    return answerJson(response, 200, { weights: chooser.weights() });
  }
  if (asked === 'GET /outage') return answerJson(response, 200, { outage: outages.current() });
  if (asked === 'POST /outage') {
    outages.begin(await readJson(request, outageSchema));
    return answerJson(response, 201, { outage: outages.current() });
  }
  if (asked === 'DELETE /outage') {
    outages.end();
    return answerJson(response, 200, { outage: null });
  }
  if (asked === 'POST /settle') {
    return answerJson(response, 200, await settle(desk, await readJson(request, settleSchema)));
  }
  return controlOne(desk, method, path, response);
}

function controlOne({ books, chooser }: Desk, method: string, path: string, response: Call['response']): void {
  const [, what, id = ''] = path.split('/').map(decodeURIComponent);
  if (method === 'GET' && what === 'effects') {
    const entry = books.find(id);
    if (!entry) throw new BadRequest(`nothing is known about ${id}`, [], 404);
    return answerJson(response, 200, entry);
  }
  if (method === 'DELETE' && what === 'rules') {
    if (!chooser.removeRule(id)) throw new BadRequest(`there is no rule ${id}`, [], 404);
    return answerJson(response, 200, { data: chooser.rules() });
  }
  throw new BadRequest(`/_sim/registry has no ${method} ${path}`, [], 404);
}

/** Every id's page, in the order first seen. `?doubles=true`: only ids executed more than once. */
function page({ books }: Desk, query: URLSearchParams): object[] {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? Infinity);
  if (!(offset >= 0) || !(limit >= 0)) throw new BadRequest('offset and limit are numbers of 0 or more');
  const entries = [...books.all()].filter((entry) => query.get('doubles') !== 'true' || entry.effects > 1);
  return entries.slice(offset, offset + limit);
}

/** Gives a record its end by hand, from then on told truly, and sends its webhook unless told not to. */
async function settle({ books, webhooks }: Desk, asked: z.infer<typeof settleSchema>): Promise<object> {
  const entry = books.find(asked.id);
  if (!entry) throw new BadRequest(`nothing is known about ${asked.id}`, [], 404);
  if (entry.status === null) books.write(entry, asked.status, 'late');
  else books.settle(entry, asked.status);
  entry.looks = 'truth';
  if (!asked.webhook || entry.webhookUrl === null) return { id: entry.id, status: entry.status, webhook: null };
  const outcome = await webhooks.send(entry.webhookUrl, { id: entry.id, status: asked.status }, false);
  tally(books.counts.webhooks, outcome);
  return { id: entry.id, status: entry.status, webhook: outcome };
}
