import type { Answer, Ask, Word } from '@countersign/flow';
import { urlUnder, type OutboundAnswer } from '@countersign/outbound';
import type { ProviderSettings } from '../settings.ts';
import { answered, send, wordOfLook, type Way } from '../third-party.ts';
import { callOf, headersOf } from './call.ts';
import { readStatus, record } from './record.ts';
import { notAsked } from './search.ts';
import type { CspRequest } from './shapes.ts';

/**
 * Where to look for the end of a job. Only at the cloud's own origin: an address elsewhere would send our token, and our
 * requests, wherever a cloud (or whoever speaks in its name) likes.
 */
export function statusUrl(location: string | undefined, base: string): { url: string } | { refused: string } {
  if (location === undefined || location.trim() === '') return { refused: 'without a Location' };
  // A relative one counts from what was asked for.
  const asked = urlUnder(base, 'portfolios');
  if (!URL.canParse(location, asked)) return { refused: 'with a Location that is no URL' };
  const url = new URL(location, asked);
  url.hash = '';
  if (url.origin !== new URL(base).origin || url.username !== '' || url.password !== '')
    return { refused: 'with a Location at another origin' };
  return { url: url.href };
}

/** Looks once at a job under way there. */
export async function lookAtStatus(
  ask: Ask,
  request: CspRequest,
  settings: ProviderSettings,
  way: Way,
  name: string,
): Promise<Answer> {
  const { leg, reference } = ask.registration;
  const place = statusUrl(reference ?? undefined, settings.url);
  if ('refused' in place)
    return notAsked({ type: 'unclear', effect: 'none', reason: `its status URL is one ${place.refused}` });
  const { 'x-provision-deadline': _ofTheCall, ...headers } = headersOf(ask, request, settings);
  const sent = await send(way, name, settings, ask, { method: 'GET', url: place.url, headers });
  const keep = (body: string, details?: string) => {
    const status = readStatus(body);
    const read = { ...(status ? { status } : {}), location: place.url, ...(details === undefined ? {} : { details }) };
    return { facts: { [leg]: record(callOf(request, leg), sent, read) } };
  };
  const word = wordOfLook(sent, (answer) => wordOf(answer, name, keep));
  if (word.type !== 'none') return answered(sent, word);
  const body = sent.result.type === 'answer' ? sent.result.body : '';
  const failure = { code: 'JOB_NOT_FOUND', provider: name, message: `${name} answered 404 at the job's status URL` };
  return answered(sent, { type: 'stuck', failure, ...keep(body, "answered 404 at the job's status URL") });
}

/** Both spellings: COMPLETE, FAILED (2022) and SUCCESS, FAILURE (since 1.1). A word we do not know settles nothing. */
function wordOf(answer: OutboundAnswer, name: string, keep: (body: string, details?: string) => object): Word {
  const status = readStatus(answer.body)?.['status'];
  if (status === 'COMPLETE' || status === 'SUCCESS') return { type: 'done', ...keep(answer.body) };
  if (status === 'FAILED' || status === 'FAILURE') {
    const failure = { code: 'PROVISIONING_FAILED', provider: name, message: `${name} says ${status}` };
    return { type: 'refused', failure, ...keep(answer.body, `says ${status}`) };
  }
  if (status === undefined)
    return { type: 'unclear', effect: 'none', reason: `answered ${answer.statusCode} with a body that is no status` };
  return { type: 'pending' };
}
