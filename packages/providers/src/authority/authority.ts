import { textOfDocument } from '@countersign/documents';
import { TerminalError, type Answer, type Ask, type Provider, type Word } from '@countersign/flow';
import type { OutboundAnswer } from '@countersign/outbound';
import { checkbox, isCheckboxKey } from '../checkbox/checkbox.ts';
import type { Neighbour } from '../neighbour.ts';
import type { ProviderSettings } from '../settings.ts';
import { answered, jsonObject, send, wordOfLook, wordOfTell, type Sent, type Way } from '../third-party.ts';
import { authorityWord, readRegistered, type AuthorityName } from './words.ts';

/** The tax authority and the warehouse (contract section 6): `GET` and `POST {URL}/v1/registrations`. Our id is theirs. */
export function authority(name: AuthorityName, settings: ProviderSettings, way: Way): Provider {
  return {
    name,
    retry: settings.retry,
    poll: settings.poll,
    timeoutMs: settings.timeoutMs,
    // Our id is their key for ever: told twice it is `already_exists`. So the very first try needs no look before it.
    idempotentForMs: Number.POSITIVE_INFINITY,
    look: (ask) => look(name, settings, way, ask),
    tell: (ask) => tell(name, settings, way, ask),
  };
}

export const taxNeighbour: Neighbour = {
  name: 'tax',
  create: (settings, way) =>
    isCheckboxKey(settings.apiKey) ? checkbox(settings, way) : authority('tax', settings, way),
};
export const warehouseNeighbour: Neighbour = {
  name: 'warehouse',
  create: (settings, way) => authority('warehouse', settings, way),
};

async function look(name: AuthorityName, settings: ProviderSettings, way: Way, ask: Ask): Promise<Answer> {
  const path = `v1/registrations/${ask.submission.id}`;
  const sent = await send(way, name, settings, ask, { method: 'GET', path, headers: credentials(settings) });
  return answered(
    sent,
    wordOfLook(sent, (answer) => standingIn(name, answer, ask) ?? unreadable(answer)),
  );
}

async function tell(name: AuthorityName, settings: ProviderSettings, way: Way, ask: Ask): Promise<Answer> {
  const body = await bodyOf(ask);
  const headers = { ...credentials(settings), 'content-type': 'application/json' };
  const sent = await send(way, name, settings, ask, { method: 'POST', path: 'v1/registrations', body, headers });
  // A 2xx we cannot read is still their "I have it".
  const word = wordOfTell(sent, name, (answer) => standingIn(name, answer, ask) ?? { type: 'pending' });
  return answered(sent, word.type === 'rejected' ? (alreadyThere(name, sent, ask) ?? word) : word);
}

/** JSON goes in as it was sent, digit for digit; XML as a string. */
async function bodyOf({ submission, webhookUrl, document }: Ask): Promise<string> {
  if (!document) throw new TerminalError('NO_DOCUMENT', 'an authority is told documents, and this submission is none');
  const { format, text } = textOfDocument(await document(), submission.contentType);
  const head = JSON.stringify({
    id: submission.id,
    type: String(submission.facts['receiptType'] ?? ''),
    format,
    webhookUrl: unsigned(webhookUrl),
  });
  return `${head.slice(0, -1)},"document":${format === 'json' ? text : JSON.stringify(text)}}`;
}

/** They sign, so their address has no token: `…/webhooks/tax`. */
function unsigned(webhookUrl: string): string {
  return webhookUrl.slice(0, webhookUrl.lastIndexOf('/'));
}

function credentials({ apiKey }: ProviderSettings): Record<string, string> {
  return apiKey === undefined ? {} : { authorization: `Bearer ${apiKey}` };
}

/** Their record in an answer, if it is about the receipt we asked for. */
function standingIn(name: AuthorityName, answer: OutboundAnswer, ask: Ask): Word | undefined {
  const registered = readRegistered(answer.body);
  return registered?.id === ask.submission.id ? authorityWord(name, registered) : undefined;
}

/**
 * 400 `registration.already_exists`: it is there, from a try of ours whose answer was lost; look. Where they name another
 * registration as the original, none of ours is there and none will be: a person must look which is right.
 */
function alreadyThere(name: AuthorityName, { result }: Sent, ask: Ask): Word | undefined {
  if (result.type !== 'answer' || jsonObject(result.body)?.code !== 'registration.already_exists') return undefined;
  const original = readRegistered(result.body);
  if (original === undefined) return { type: 'pending' };
  if (original.id === ask.submission.id) return authorityWord(name, original);
  const number = original.fiscalCode === undefined ? '' : `, number ${original.fiscalCode}`;
  const message = `${name} says it is registered already as ${original.id.slice(0, 100)}${number}`;
  return { type: 'stuck', failure: { code: 'ALREADY_REGISTERED', provider: name, message } };
}

function unreadable(answer: OutboundAnswer): Word {
  return {
    type: 'unclear',
    effect: 'none',
    reason: `answered ${answer.statusCode} with a body that is not this receipt's registration`,
  };
}
