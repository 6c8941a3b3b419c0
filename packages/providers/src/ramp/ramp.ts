import type { Answer, Ask, Provider, Word } from '@countersign/flow';
import type { OutboundAnswer } from '@countersign/outbound';
import type { Neighbour } from '../neighbour.ts';
import type { ProviderSettings } from '../settings.ts';
import { answered, jsonObject, send, wordOfLook, wordOfTell, type Sent, type Way } from '../third-party.ts';
import { transferBody } from './body.ts';
import { RAMP_LEGS, readTransfer, referenceOf, type RampLeg, type RampName, type Transfer } from './transfer.ts';
import { rampWord } from './words.ts';

/** Their keys hold for 24 h; an hour less, for what lies between our reading of the clock and theirs. */
const KEY_HOLDS_MS = 23 * 3_600_000;
const PATH = 'v0/transfers';

/** An on-ramp or off-ramp in Bridge's shape (contract section 6): `POST` and `GET {URL}/v0/transfers`. */
export function ramp(settings: ProviderSettings, way: Way, name: RampName): Provider {
  return {
    name,
    retry: settings.retry,
    poll: settings.poll,
    timeoutMs: settings.timeoutMs,
    idempotentForMs: KEY_HOLDS_MS,
    look: (ask) => look(settings, way, name, ask),
    tell: (ask) => tell(settings, way, name, ask),
  };
}

export const onRampNeighbour: Neighbour = {
  name: 'on-ramp',
  create: (settings, way) => ramp(settings, way, 'on-ramp'),
};
export const offRampNeighbour: Neighbour = {
  name: 'off-ramp',
  create: (settings, way) => ramp(settings, way, 'off-ramp'),
};

/** By their id once we have it; before, by ours. */
async function look(settings: ProviderSettings, way: Way, name: RampName, ask: Ask): Promise<Answer> {
  const { reference, leg } = ask.registration;
  const ours = referenceOf(ask.submission.id, leg);
  const path =
    reference === null
      ? `${PATH}?client_reference_id=${encodeURIComponent(ours)}`
      : `${PATH}/${encodeURIComponent(reference)}`;
  const headers = keyHeader(settings);
  const sent = await send(way, name, settings, ask, { method: 'GET', path, headers });
  const read = (answer: OutboundAnswer) => (reference === null ? listed(answer, ours, leg) : single(answer, ours, leg));
  return answered(sent, wordOfLook(sent, read));
}

function single(answer: OutboundAnswer, ours: string, leg: string): Word {
  const transfer = readTransfer(jsonObject(answer.body));
  return transfer && isAbout(transfer, ours) ? rampWord(legOf(leg), transfer) : unreadable(answer);
}

function listed(answer: OutboundAnswer, ours: string, leg: string): Word {
  const rows = listOf(answer.body);
  if (!rows) return unreadable(answer);
  const transfers = rows.map(readTransfer).filter((t) => t?.clientReferenceId === ours);
  const words = transfers.flatMap((t) => (t ? [rampWord(legOf(leg), t)] : []));
  // One key has one transfer; were there ever more, one that gave the funds back is not the one to go by.
  return words.find((word) => word.type !== 'refused') ?? words[0] ?? { type: 'none' };
}

/** `{ data: [...] }`, or the bare list. */
function listOf(body: string): readonly unknown[] | undefined {
  const value = parsed(body);
  const data: unknown = value instanceof Object && 'data' in value ? value.data : value;
  // Rows of unknown shape: each is read as a transfer or left out.
  return Array.isArray(data) ? (data as readonly unknown[]) : undefined;
}

function parsed(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}

async function tell(settings: ProviderSettings, way: Way, name: RampName, ask: Ask): Promise<Answer> {
  const { idempotencyKey, leg } = ask.registration;
  const body = transferBody(ask);
  if (body === undefined) return untold(name);
  const headers = { ...keyHeader(settings), 'idempotency-key': idempotencyKey };
  const sent = await send(way, name, settings, ask, { method: 'POST', path: PATH, body, headers });
  const used = keyWasUsed(sent);
  if (used !== undefined) return answered(sent, { type: 'unclear', effect: 'maybe', reason: used });
  const ours = referenceOf(ask.submission.id, leg);
  // A 2xx we cannot read is still their "I have it".
  const read = (answer: OutboundAnswer): Word => {
    const transfer = readTransfer(jsonObject(answer.body));
    return transfer && isAbout(transfer, ours) ? rampWord(legOf(leg), transfer) : { type: 'pending' };
  };
  return answered(sent, wordOfTell(sent, name, read));
}

/**
 * They know the key: what it stands for must be found by our reference, never sent again under another key. 409: the first
 * is still at it; 400 `duplicate_record`: used with other bytes; 422: used more than 24 h ago.
 */
function keyWasUsed({ result }: Sent): string | undefined {
  if (result.type !== 'answer') return undefined;
  const { statusCode, body } = result;
  const code = jsonObject(body)?.['code'];
  const isDuplicate = statusCode === 400 && (code === 'duplicate_record' || code === 'not_truly_idempotent');
  if (!isDuplicate && statusCode !== 409 && statusCode !== 422) return undefined;
  return `answered ${statusCode}${typeof code === 'string' ? ` ${code.slice(0, 60)}` : ''}: the key was used before`;
}

/** Never with a plan that opens the leg only after the on-ramp has told its amount; a broken one must not send a blank cheque. */
function untold(name: RampName): Answer {
  const failure = { code: 'AMOUNT_UNKNOWN', provider: name, message: 'the on-ramp has not said what it paid out' };
  return { type: 'stuck', failure, evidence: { requestId: '-', durationMs: 0 } };
}

function isAbout(transfer: Transfer, ours: string): boolean {
  return transfer.clientReferenceId === undefined || transfer.clientReferenceId === ours;
}

function legOf(leg: string): RampLeg {
  if (Object.hasOwn(RAMP_LEGS, leg)) return leg as RampLeg;
  throw new Error(`a ramp has the legs ${Object.keys(RAMP_LEGS).join(', ')}, not ${leg}`);
}

function keyHeader({ apiKey }: ProviderSettings): Record<string, string> {
  return apiKey === undefined ? {} : { 'api-key': apiKey };
}

function unreadable(answer: OutboundAnswer): Word {
  return {
    type: 'unclear',
    effect: 'none',
    reason: `answered ${answer.statusCode} with a body that is not this transfer`,
  };
}
