import { z } from 'zod';
import { answerJson, BadRequest, readJson } from '../http.ts';
import type { Call } from '../party.ts';
import { clientRuleSchema } from './behaviours.ts';
import { callbacksOf, type Desk } from './desk.ts';

/** `/_sim/client/...`: see README. */
export async function controlClient(desk: Desk, { request, response, method, path, query }: Call): Promise<void> {
  const asked = `${method} ${path}`;
  if (asked === 'GET /callbacks') {
    return answerJson(response, 200, { data: callbacksOf(desk, query.get('submission') ?? undefined) });
  }
  if (asked === 'GET /counts') return answerJson(response, 200, desk.counts);
  if (asked === 'GET /puts') return answerJson(response, 200, { data: desk.puts });
  if (asked === 'GET /rules') return answerJson(response, 200, { data: desk.rules });
  if (asked === 'POST /rules') {
    const rule = { ruleId: String(++desk.ruleCount), ...(await readJson(request, clientRuleSchema)) };
    desk.rules.push(rule);
    return answerJson(response, 201, rule);
  }
  if (asked === 'POST /secrets') {
    desk.verifier.add((await readJson(request, z.strictObject({ secret: z.string() }))).secret);
    return answerJson(response, 201, { secrets: desk.verifier.count() });
  }
  if (asked === 'DELETE /secrets') {
    desk.verifier.clear();
    return answerJson(response, 200, { secrets: 0 });
  }
  if (method === 'DELETE' && path.startsWith('/rules')) {
    desk.rules = desk.rules.filter((rule) => path !== '/rules' && path !== `/rules/${rule.ruleId}`);
    return answerJson(response, 200, { data: desk.rules });
  }
  throw new BadRequest(`/_sim/client has no ${asked}`, [], 404);
}
