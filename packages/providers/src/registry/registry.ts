import type { Answer, Ask, Provider, Word } from '@countersign/flow';
import type { OutboundAnswer } from '@countersign/outbound';
import type { Neighbour } from '../neighbour.ts';
import type { ProviderSettings } from '../settings.ts';
import { answered, jsonObject, send, wordOfLook, wordOfTell, type Way } from '../third-party.ts';
import { REGISTRY, registryWord } from './words.ts';

/** The registry of transactions (contract section 6): `GET` and `POST {URL}/transaction`. Its POST is not idempotent. */
export function registry(settings: ProviderSettings, way: Way): Provider {
  return {
    name: REGISTRY,
    retry: settings.retry,
    poll: settings.poll,
    timeoutMs: settings.timeoutMs,
    look: (ask) => look(settings, way, ask),
    tell: (ask) => tell(settings, way, ask),
  };
}

export const registryNeighbour: Neighbour = { name: REGISTRY, create: registry };

async function look(settings: ProviderSettings, way: Way, ask: Ask): Promise<Answer> {
  const sent = await send(way, REGISTRY, settings, ask, { method: 'GET', path: `transaction/${ask.submission.id}` });
  return answered(
    sent,
    wordOfLook(sent, (answer) => standingIn(answer, ask) ?? unreadable(answer)),
  );
}

async function tell(settings: ProviderSettings, way: Way, ask: Ask): Promise<Answer> {
  const { amount, currency } = jsonObject(ask.submission.body) ?? {};
  const body = JSON.stringify({ id: ask.submission.id, webhookUrl: ask.webhookUrl, amount, currency });
  const sent = await send(way, REGISTRY, settings, ask, { method: 'POST', path: 'transaction', body });
  // A 2xx we cannot read is still their "I have it".
  return answered(
    sent,
    wordOfTell(sent, REGISTRY, (answer) => standingIn(answer, ask) ?? { type: 'pending' }),
  );
}

/** Their record in an answer, if it is about the transaction we asked for. */
function standingIn(answer: OutboundAnswer, ask: Ask): Word | undefined {
  const record = jsonObject(answer.body);
  return record?.id === ask.submission.id ? registryWord(record.status, ask.submission.id) : undefined;
}

function unreadable(answer: OutboundAnswer): Word {
  return {
    type: 'unclear',
    effect: 'none',
    reason: `answered ${answer.statusCode} with a body that is not this transaction's record`,
  };
}
