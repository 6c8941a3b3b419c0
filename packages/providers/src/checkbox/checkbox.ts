import { textOfDocument } from '@countersign/documents';
import { TerminalError, type Answer, type Ask, type Provider, type Word } from '@countersign/flow';
import type { OutboundAnswer } from '@countersign/outbound';
import { authorityWord, readRegistered } from '../authority/words.ts';
import type { ProviderSettings } from '../settings.ts';
import { answered, jsonObject, send, wordOfLook, wordOfTell, type Sent, type Way } from '../third-party.ts';
import { sellOf } from './sell.ts';

const TAX = 'tax';
/** A shift takes a few seconds to open; asking more often opens it no sooner. */
const SHIFT_OPENS_MS = 1_000;

interface Desk {
  readonly settings: ProviderSettings;
  readonly way: Way;
  readonly credentials: { readonly login: string; readonly password: string; readonly licence: string };
  /** Everybody's, until it is stale. */
  token: string | undefined;
}

/** Whether the tax authority's key says that it is reached through Checkbox: `checkbox:<login>:<password>:<licence key>`. */
export function isCheckboxKey(apiKey: string | undefined): apiKey is string {
  return /^checkbox:[^:]+:[^:]+:[^:]+$/.test(apiKey ?? '');
}

/** The tax authority of Ukraine by way of Checkbox (OpenAPI 0.1.79): signing in, a shift, receipts by our id. */
export function checkbox(settings: ProviderSettings, way: Way): Provider {
  const [, login = '', password = '', licence = ''] = (settings.apiKey ?? '').split(':');
  const desk: Desk = { settings, way, credentials: { login, password, licence }, token: undefined };
  const { retry, poll, timeoutMs } = settings;
  return { name: TAX, retry, poll, timeoutMs, look: (ask) => look(desk, ask), tell: (ask) => tell(desk, ask) };
}

async function look(desk: Desk, ask: Ask): Promise<Answer> {
  const sent = await signed(desk, ask, { method: 'GET', path: `receipts/${ask.submission.id}` });
  return answered(
    sent,
    wordOfLook(
      sent,
      (answer) => receiptIn(answer, ask) ?? { type: 'unclear', effect: 'none', reason: 'not this receipt' },
    ),
  );
}

/** Nothing can be sold before the shift is open; opening it costs no try of this receipt. */
async function tell(desk: Desk, ask: Ask): Promise<Answer> {
  if (!ask.document)
    throw new TerminalError('NO_DOCUMENT', 'Checkbox is told receipts, and this submission has no document');
  const { format, text } = textOfDocument(await ask.document(), ask.submission.contentType);
  const sell = sellOf(format, text);
  if (typeof sell === 'string') {
    const failure = { code: 'CANNOT_BE_SOLD', provider: TAX, message: sell };
    return { type: 'rejected', failure, evidence: { requestId: '-', durationMs: 0 } };
  }
  const shift = await signed(desk, ask, { method: 'GET', path: 'cashier/shift' });
  if (shift.result.type !== 'answer' || shift.result.statusCode >= 300) return answered(shift, untold(shift));
  const status = jsonObject(shift.result.body)?.status;
  if (status !== 'OPENED') {
    if (status !== 'CREATED' && status !== 'OPENING')
      await signed(desk, ask, { method: 'POST', path: 'shifts', body: '{}' });
    return answered(shift, { type: 'busy', forMs: SHIFT_OPENS_MS });
  }
  const body = JSON.stringify({ id: ask.submission.id, ...sell, order_id: ask.submission.id });
  const sent = await signed(desk, ask, { method: 'POST', path: 'receipts/sell', body });
  const word = wordOfTell(sent, TAX, (answer) => receiptIn(answer, ask) ?? { type: 'pending' });
  if (word.type !== 'rejected') return answered(sent, word);
  if (word.failure.code === 'receipt.already_exists') return answered(sent, { type: 'pending' });
  return answered(sent, word.failure.code === 'shift.not_opened' ? { type: 'busy', forMs: SHIFT_OPENS_MS } : word);
}

/** The shift could not be asked for, so nothing was sold. */
function untold({ result }: Sent): Word {
  if (result.type === 'busy') return result;
  const reason =
    result.type === 'answer' ? `the shift was answered ${result.statusCode}` : `${result.reason}: ${result.message}`;
  const after =
    result.type === 'answer' && result.retryAfterMs !== undefined ? { retryAfterMs: result.retryAfterMs } : {};
  return { type: 'unclear', effect: 'none', reason, ...after };
}

/** Their receipt in our authority's words: `CANCELLED` is a refusal too. */
function receiptIn(answer: OutboundAnswer, ask: Ask): Word | undefined {
  const registered = readRegistered(answer.body);
  return registered?.id === ask.submission.id ? authorityWord(TAX, registered) : undefined;
}

type Request = Parameters<typeof send>[4];

/** One call with a token; a stale one is renewed once. */
async function signed(desk: Desk, ask: Ask, request: Request): Promise<Sent> {
  const first = await withToken(desk, ask, request);
  if (first.result.type !== 'answer' || first.result.statusCode !== 401) return first;
  desk.token = undefined;
  return await withToken(desk, ask, request);
}

async function withToken(desk: Desk, ask: Ask, request: Request): Promise<Sent> {
  const signIn = await tokenOf(desk, ask);
  if (typeof signIn !== 'string') return signIn;
  const headers = {
    authorization: `Bearer ${signIn}`,
    'x-license-key': desk.credentials.licence,
    ...OURS,
    ...request.headers,
  };
  return await send(desk.way, TAX, desk.settings, ask, { ...request, headers });
}

const OURS = { 'x-client-name': 'countersign', 'x-client-version': '0.1.0', 'content-type': 'application/json' };

/** The token, or the answer that brought none. */
async function tokenOf(desk: Desk, ask: Ask): Promise<string | Sent> {
  if (desk.token !== undefined) return desk.token;
  const { login, password } = desk.credentials;
  const body = JSON.stringify({ login, password });
  const sent = await send(desk.way, TAX, desk.settings, ask, {
    method: 'POST',
    path: 'cashier/signin',
    body,
    headers: OURS,
  });
  const token = sent.result.type === 'answer' ? jsonObject(sent.result.body)?.access_token : undefined;
  if (typeof token !== 'string') return sent;
  desk.token = token;
  return token;
}
