import type { Answer, Ask, JsonObject, Word } from '@countersign/flow';
import type { ProviderSettings } from '../settings.ts';
import { answered, send, wordOfLook, type Sent, type Way } from '../third-party.ts';
import { callOf, headersOf, type CspCall } from './call.ts';
import { exactJson, listIn, objectIn } from './exact-json.ts';
import { fromPortfolio, fromTaskOrder } from './from-csp.ts';
import { record } from './record.ts';
import type { CspRequest } from './shapes.ts';

/**
 * Whether what we asked for is there, after a call whose answer we did not get: a portfolio by its name, task orders and
 * administrators by the portfolio's id. Searching by name is not in the specification: a cloud that has no such search
 * cannot be asked.
 */
export async function search(
  ask: Ask,
  request: CspRequest,
  settings: ProviderSettings,
  way: Way,
  name: string,
): Promise<Answer> {
  const wanted = callOf(request, ask.registration.leg);
  const path = pathOf(request);
  // Costs change nothing there: asking again is the way to know.
  if (path === undefined) return notAsked();
  const { 'x-provision-deadline': _ofTheCall, ...headers } = headersOf(ask, request, settings);
  const sent = await send(way, name, settings, ask, { method: 'GET', path, headers });
  const word = wordOfLook(sent, ({ body, statusCode }) => {
    const json = exactJson(body);
    if (json === undefined)
      return { type: 'unclear', effect: 'none', reason: `answered ${statusCode} with a body that is no JSON` };
    const candidates = listIn(objectIn(json)?.['portfolios'] ?? json);
    const found = candidates.find((portfolio) => holds(portfolio, wanted));
    return found ? foundWord(found, request, wanted, sent, ask.registration.leg) : { type: 'none' };
  });
  return answered(sent, word);
}

/** A look that needs no call. */
export function notAsked(word: Word = { type: 'none' }): Answer {
  return { ...word, evidence: { requestId: '-', durationMs: 0 } };
}

function pathOf(request: CspRequest): string | undefined {
  if (!('operationType' in request)) return undefined;
  if (request.operationType === 'ADD_PORTFOLIO') return `portfolios?name=${encodeURIComponent(request.payload.name)}`;
  return `portfolios/${request.portfolioId}`;
}

/** Everything we sent is there, whatever else is. Names are not unique at a cloud; what stands in a portfolio tells them apart. */
function holds(portfolio: JsonObject, { body = {} }: CspCall): boolean {
  const orders = 'clins' in body ? [body] : listIn(body['task_orders']);
  const theirs = listIn(portfolio['task_orders']);
  const people = listIn(portfolio['administrators']);
  return (
    (body['name'] === undefined || portfolio['name'] === body['name']) &&
    orders.every((order) => theirs.some((one) => isSameOrder(one, order))) &&
    listIn(body['administrators']).every(({ email }) => people.some((one) => one['email'] === email))
  );
}

function isSameOrder(theirs: JsonObject, ours: JsonObject): boolean {
  const clins = listIn(theirs['clins']).map((clin) => clin['clin_number']);
  return (
    theirs['task_order_number'] === ours['task_order_number'] &&
    listIn(ours['clins']).every((clin) => clins.includes(clin['clin_number'] ?? null))
  );
}

function foundWord(portfolio: JsonObject, request: CspRequest, wanted: CspCall, sent: Sent, leg: string): Word {
  const order = listIn(portfolio['task_orders']).find(
    (one) => wanted.body !== undefined && isSameOrder(one, wanted.body),
  );
  const isOrder = 'operationType' in request && request.operationType === 'ADD_TASK_ORDER';
  const read = isOrder
    ? { fundingSources: order ? fromTaskOrder(order) : [] }
    : { portfolio: fromPortfolio(portfolio) ?? null };
  const reference = isOrder ? order?.['id'] : portfolio['id'];
  return {
    type: 'done',
    ...(typeof reference === 'string' ? { reference } : {}),
    facts: { [leg]: record(wanted, sent, { ...read, details: 'found there after a call that was not answered' }) },
  };
}
