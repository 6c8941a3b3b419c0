import { randomUUID } from 'node:crypto';
import { z } from 'zod';
import { noteWebhook, type Page } from '../desk/books.ts';
import type { Plan } from '../desk/desk.ts';
import { live, seen, type Life } from '../desk/life.ts';
import { give, json, play, type Reply } from '../desk/play.ts';
import { watch } from '../desk/watch.ts';
import { header, readBody } from '../http.ts';
import type { Call } from '../party.ts';
import { eventHeaders, eventOf } from './event.ts';
import type { Exchange } from './money.ts';
import { quoteSchema } from './quotes.ts';
import { refusal, turnedAway, type Office } from './office.ts';
import { newTransfer, transferOf, transferSchema, type Kept, type Transfer, type TransferBody } from './transfer.ts';

/** Not known of Bridge; each attempt is signed anew. */
const retryMs = [1_000, 5_000, 30_000, 300_000, 1_800_000];

const read = async (call: Call): Promise<string> => (await readBody(call.request)).toString('utf8');

function judged<Schema extends z.ZodType>(text: string, schema: Schema): z.infer<Schema> | Reply {
  let value: unknown;
  try {
    value = JSON.parse(text);
  } catch {
    return refusal(400, 'invalid_json');
  }
  const found = schema.safeParse(value);
  if (found.success) return found.data;
  return refusal(400, 'invalid_parameters', z.prettifyError(found.error));
}
const isReply = (value: object): value is Reply => 'status' in value && 'body' in value;

export async function postTransfer(office: Office, call: Call): Promise<void> {
  const { desk, keys, quotes } = office;
  const text = await read(call);
  const key = header(call.request, 'idempotency-key');
  const body = judged(text, transferSchema);
  const page = isReply(body) ? null : desk.books.open(body.client_reference_id ?? key ?? randomUUID());
  const note = watch(call, desk.books, page, 'POST /v0/transfers', key === null ? {} : { idempotencyKey: key });
  if (turnedAway(office, call, note, page)) return;
  if (key === null) return give(call, note, refusal(400, 'bad_request', 'Idempotency-Key: required'));
  if (isReply(body) || !page) return give(call, note, isReply(body) ? body : refusal(400, 'invalid_parameters'));
  const standing = keys.look(key, text);
  if (standing.is === 'other')
    return give(call, note, refusal(400, 'duplicate_record', 'the key was used for another body'));
  if (standing.is === 'expired')
    return give(call, note, refusal(422, 'idempotency_key_expired', 'the key is older than 24 h'));
  if (standing.is === 'same') return give(call, note, standing.answer);
  const exchange = quotes.exchange(body);
  if ('code' in exchange) return give(call, note, refusal(400, exchange.code, exchange.message));
  const plan = desk.plan(page, told(office, page.id, key, text, body));
  await play(desk, call, page, note, plan, deed(office, page, plan, { key, text, body, exchange }));
}

/** Cents choose at the on-ramp only: what reaches the off-ramp is what fees and rates left of the client's amount. */
function told({ desk }: Office, id: string, key: string, text: string, body: TransferBody) {
  const leg = id.includes(':') ? id.slice(id.lastIndexOf(':') + 1) : '';
  const isReverse = leg === 'reverse';
  const traits = { id, key, leg, amount: body.amount, currency: body.source.currency, to: body.destination.currency };
  return {
    traits,
    text,
    ...(desk.name === 'on-ramp' && !isReverse ? { amount: body.amount } : {}),
    names: [isReverse ? 'reverse' : desk.name],
    addressedOnly: isReverse,
  };
}

interface Given {
  readonly key: string;
  readonly text: string;
  readonly body: TransferBody;
  readonly exchange: Exchange;
}

function deed(office: Office, page: Page<Kept>, { life }: Plan<Life>, { key, text, body, exchange }: Given) {
  const { desk, keys } = office;
  const transfer = newTransfer({ key, body, exchange, life });
  const answer = (): Reply => json(201, transferOf(transfer, life.moves[0]?.status ?? 'awaiting_funds'));
  return {
    effect(late: boolean) {
      // Late, and meanwhile told again under the same key: that one was it.
      if (keys.look(key, text).is !== 'free') return;
      keys.use(key, text, answer(), life.quirk === 'key-expired');
      page.data = { transfer, earlier: page.data ? [page.data.transfer, ...page.data.earlier] : [] };
      office.transfers.set(transfer.id, { transfer, page });
      return live(desk, page, life, late, ({ says, wrong }) => send(office, page, transfer, says, wrong));
    },
    answer,
    refusal: (status: number, code: string) => refusal(status, code),
  };
}

/** A wrong one is somebody else's, or an old one played again: it comes once. */
async function send(
  office: Office,
  page: Page<Kept>,
  transfer: Transfer,
  says: string,
  wrong: string | undefined,
): Promise<unknown> {
  const { desk, webhookUrl } = office;
  if (webhookUrl === null) return;
  const body = JSON.stringify(eventOf(transfer, says, (office.sequence += 1)));
  const { privateKey } = office.pair();
  return await desk.postman.deliver({
    url: webhookUrl,
    body,
    headers: () => eventHeaders(privateKey, body, wrong),
    retryMs: wrong === undefined ? retryMs : [],
    tried: (outcome, attempt) => noteWebhook(desk.books, page, { says, signed: wrong ?? true, attempt, outcome }),
  });
}

/** Only the newest transfer of a reference moves on; an earlier one stays where it was overtaken. */
function stateOf(page: Page<Kept>, transfer: Transfer): string {
  const isNewest = page.data?.transfer === transfer;
  return (isNewest ? seen(page, transfer.life) : null) ?? transfer.life.moves[0]?.status ?? 'awaiting_funds';
}

export function lookAtTransfer(office: Office, call: Call, id: string): void {
  const known = office.transfers.get(id);
  const note = watch(call, office.desk.books, known?.page ?? null, 'GET /v0/transfers/{id}');
  if (turnedAway(office, call, note, known?.page ?? null)) return;
  if (!known) return give(call, note, refusal(404, 'not_found', `there is no transfer ${id}`));
  give(call, note, json(200, transferOf(known.transfer, stateOf(known.page, known.transfer))));
}

export function listTransfers(office: Office, call: Call): void {
  const reference = call.query.get('client_reference_id');
  const page = reference === null ? null : (office.desk.books.find(reference) ?? null);
  const note = watch(call, office.desk.books, page, 'GET /v0/transfers');
  if (turnedAway(office, call, note, page)) return;
  const all = [...office.transfers.values()].filter((one) => reference === null || one.page === page);
  const data = all.map(({ transfer, page: own }) => transferOf(transfer, stateOf(own, transfer)));
  give(call, note, json(200, { count: data.length, data }));
}

export async function postQuote(office: Office, call: Call): Promise<void> {
  const body = judged(await read(call), quoteSchema);
  const note = watch(call, office.desk.books, null, 'POST /v0/quotes');
  if (turnedAway(office, call, note, null)) return;
  const quote = isReply(body) ? body : office.quotes.make(body);
  if (isReply(quote)) return give(call, note, quote);
  give(call, note, 'code' in quote ? refusal(400, quote.code, quote.message) : json(201, quote));
}

export function cancel(office: Office, call: Call, id: string): void {
  const known = office.transfers.get(id);
  const note = watch(call, office.desk.books, known?.page ?? null, 'DELETE /v0/transfers/{id}');
  if (turnedAway(office, call, note, null)) return;
  if (!known) return give(call, note, refusal(404, 'not_found'));
  const { page, transfer } = known;
  if (page.status !== 'awaiting_funds')
    return give(call, note, refusal(400, 'bad_request', `it is ${page.status} already`));
  // Its moves to come are no longer its own.
  page.generation += 1;
  office.desk.books.enter(page, 'canceled');
  give(call, note, json(200, transferOf(transfer, 'canceled')));
}
