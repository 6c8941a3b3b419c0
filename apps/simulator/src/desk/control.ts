import { z } from 'zod';
import { answerJson, BadRequest, inShape, readJson } from '../http.ts';
import { profileNames, type Call } from '../party.ts';
import { outageSchema } from '../outage.ts';
import type { Desk } from './desk.ts';
import type { Fates } from './fate.ts';

/** The table of fates, for people. */
export function fateTable(
  fates: Fates<unknown>,
): { fate: string; amount: string | null; does: string; params: object }[] {
  return Object.entries(fates).map(([fate, { cents, does, params = {} }]) => {
    return { fate, amount: cents === null ? null : `*.${String(cents).padStart(2, '0')}`, does, params };
  });
}

/** `/_sim/<party>/...` as every third party has it. False: nothing here has that name. */
export async function controlDesk(desk: Desk<unknown, unknown>, call: Call): Promise<boolean> {
  const { response, method, path } = call;
  const answer = (status: number, value: unknown): true => {
    answerJson(response, status, value);
    return true;
  };
  const { books, chooser, outages } = desk;
  switch (`${method} ${path}`) {
    case 'GET /counts':
      return answer(200, books.counts);
    case 'GET /effects':
      return answer(200, { data: page(desk, call.query) });
    case 'GET /fates':
      return answer(200, { data: fateTable(desk.fates) });
    case 'GET /rules':
      return answer(200, { data: chooser.rules() });
    case 'POST /rules':
      return answer(201, chooser.addRule(await readJson(call.request, z.unknown())));
    case 'DELETE /rules':
      chooser.removeRules();
      return answer(200, { data: [] });
    case 'GET /profile':
      return answer(200, { weights: chooser.weights() });
    case 'POST /profile':
      await weigh(desk, call);
      return answer(200, { weights: chooser.weights() });
    case 'GET /outage':
      return answer(200, { outage: outages.current() });
    case 'POST /outage':
      outages.begin(await readJson(call.request, outageSchema));
      return answer(201, { outage: outages.current() });
    case 'DELETE /outage':
      outages.end();
      return answer(200, { outage: null });
  }
  const found = controlOne(desk, method, path);
  return found !== null && answer(200, found);
}

/** For the paths no one knows. */
export function unknownControl(name: string, { method, path }: Call): never {
  throw new BadRequest(`/_sim/${name} has no ${method} ${path}`, [], 404);
}

function controlOne({ books, chooser }: Desk<unknown, unknown>, method: string, path: string): object | null {
  const [, what, ...rest] = path.split('/').map(decodeURIComponent);
  const id = rest.join('/');
  if (method === 'GET' && what === 'effects') {
    const known = books.find(id);
    if (!known) throw new BadRequest(`nothing is known about ${id}`, [], 404);
    return known;
  }
  if (method === 'DELETE' && what === 'rules') {
    if (!chooser.removeRule(id)) throw new BadRequest(`there is no rule ${id}`, [], 404);
    return { data: chooser.rules() };
  }
  return null;
}

async function weigh({ chooser, fates }: Desk<unknown, unknown>, call: Call): Promise<void> {
  const weights = z
    .partialRecord(z.enum(Object.keys(fates) as [string, ...string[]]), z.number().min(0))
    .refine((given) => Object.values(given).some((weight) => (weight ?? 0) > 0), 'one weight must be above 0');
  const schema = z.union([z.strictObject({ profile: z.enum(profileNames) }), z.strictObject({ weights })]);
  const given = inShape(await readJson(call.request, z.unknown()), schema);
  chooser.weigh('profile' in given ? chooser.weightsOf(given.profile) : clean(given.weights));
}

function clean(weights: Readonly<Record<string, number | undefined>>): Record<string, number> {
  return Object.fromEntries(Object.entries(weights).map(([name, weight]) => [name, weight ?? 0]));
}

/** Every id's page, in the order first seen. `?doubles=true`: only what was executed more than once. */
function page({ books }: Desk<unknown, unknown>, query: URLSearchParams): object[] {
  const offset = Number(query.get('offset') ?? 0);
  const limit = Number(query.get('limit') ?? Infinity);
  if (!(offset >= 0) || !(limit >= 0)) throw new BadRequest('offset and limit are numbers of 0 or more');
  const pages = [...books.all()].filter(({ effects }) => query.get('doubles') !== 'true' || effects > 1);
  return pages.slice(offset, offset + limit);
}
