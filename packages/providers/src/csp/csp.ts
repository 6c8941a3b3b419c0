import type { Answer, Ask, Failure, JsonObject, Provider, Word } from '@countersign/flow';
import type { OutboundAnswer } from '@countersign/outbound';
import type { Neighbour } from '../neighbour.ts';
import type { ProviderSettings } from '../settings.ts';
import { answered, send, wordOfTell, type Sent, type Way } from '../third-party.ts';
import { callOf, fieldOf, headersOf, recordOf, type CspCall } from './call.ts';
import { readAnswer, readStatus, record, type Read } from './record.ts';
import { search } from './search.ts';
import { requestIn, type CspRequest } from './shapes.ts';
import { lookAtStatus, statusUrl } from './status.ts';

/** A cloud service provider (contract sections 6 and 7; seed 002): portfolios, task orders, administrators and costs, in snake_case. */
export function csp(settings: ProviderSettings, way: Way, name: string): Provider {
  return {
    name,
    retry: settings.retry,
    poll: settings.poll,
    timeoutMs: settings.timeoutMs,
    looksFirst: false,
    look: (ask) => look(ask, settings, way, name),
    tell: (ask) => tell(ask, settings, way, name),
  };
}

/** Every cloud the environment gives an address to: `PROVIDER_CSP_A_URL` is CSP_A's. */
export const cspNeighbour: Neighbour = { name: 'CSP_*', create: csp };

/** Where a job is under way there, its status; else whether what we may have asked for is there. */
async function look(ask: Ask, settings: ProviderSettings, way: Way, name: string): Promise<Answer> {
  const { registration, submission } = ask;
  const { reference, told, attempts, ambiguousUntil } = registration;
  const request = requestIn(submission.body);
  if (told && reference !== null && URL.canParse(reference))
    return await lookAtStatus(ask, request, settings, way, name);
  const found = await search(ask, request, settings, way, name);
  // After answers that were plainly errors we look only in case: what cannot be asked is told again.
  const isPlain = ambiguousUntil === null && !told;
  const answer: Answer = found.type === 'unclear' && isPlain ? { type: 'none', evidence: found.evidence } : found;
  const mayStillWork = ambiguousUntil !== null && ambiguousUntil > submission.readAt.databaseMs;
  if (answer.type === 'none' && !told && !mayStillWork && attempts > settings.retry.retries)
    return { ...answer, type: 'refused', failure: lastFailure(ask, name) };
  return answer;
}

/** Why the last of all tries failed. */
function lastFailure({ submission, registration }: Ask, name: string): Failure {
  const details = recordOf(submission, registration.leg)?.['details'];
  const why = typeof details === 'string' ? details : 'no answer';
  return { code: 'CSP_FAILED', provider: name, message: `${name} failed ${registration.attempts} times: ${why}` };
}

async function tell(ask: Ask, settings: ProviderSettings, way: Way, name: string): Promise<Answer> {
  const { leg } = ask.registration;
  const request = requestIn(ask.submission.body);
  const call = callOf(request, leg);
  const sent = await send(way, name, settings, ask, {
    method: call.method,
    path: call.path,
    headers: headersOf(ask, request, settings),
    ...(call.body === undefined ? {} : { body: JSON.stringify(call.body) }),
  });
  const keep = (read: Read): { facts: JsonObject } => ({ facts: { [leg]: record(call, sent, read) } });
  const ok = (answer: OutboundAnswer): Word =>
    answer.statusCode === 202 && call.method !== 'GET'
      ? begun(answer, settings, name, keep)
      : finished(answer, request, name, keep);
  return answered(sent, withRecord(wordOfTell(sent, name, ok), sent, call, name, keep));
}

type Keep = (read: Read) => { facts: JsonObject };

/** 202: under way there. Without a place to look there is no way to learn the end. */
function begun(answer: OutboundAnswer, settings: ProviderSettings, name: string, keep: Keep): Word {
  const place = statusUrl(answer.headers['location'], settings.url);
  if ('url' in place) return { type: 'pending', reference: place.url };
  const status = readStatus(answer.body);
  return {
    type: 'stuck',
    failure: { code: 'NO_STATUS_URL', provider: name, message: `${name} answered 202 ${place.refused}` },
    ...keep({ ...(status ? { status } : {}), details: `answered 202 ${place.refused}` }),
  };
}

function finished(answer: OutboundAnswer, request: CspRequest, name: string, keep: Keep): Word {
  const field = fieldOf(request);
  const read = readAnswer(field, answer.body);
  if (read) return { type: 'done', ...referenceIn(read), ...keep(read) };
  const details = `answered ${answer.statusCode} with a body that is not what it should be`;
  if (field === 'costs')
    return {
      type: 'rejected',
      failure: { code: 'UNREADABLE', provider: name, message: `${name} ${details}` },
      ...keep({ details }),
    };
  // They say it is done; what they say about it is kept raw.
  return { type: 'done', ...keep({ [field]: null, details }) };
}

function referenceIn({ portfolio }: Read): { reference?: string } {
  const id = typeof portfolio === 'object' && portfolio !== null && 'id' in portfolio ? portfolio['id'] : undefined;
  return typeof id === 'string' ? { reference: id } : {};
}

/** 502 and 504 are a gateway's: behind it anything may have happened. The others are the cloud's own word that it failed. */
const GATEWAY = [502, 504];

/** What went wrong is kept with the job, so that whoever reads the result learns what the cloud said last. */
function withRecord(word: Word, sent: Sent, call: CspCall, name: string, keep: Keep): Word {
  if (word.type === 'rejected' && word.facts === undefined) {
    const status = sent.result.type === 'answer' ? sent.result.statusCode : 0;
    const failure = { code: 'CSP_REFUSED', provider: name, message: `${name} answered ${status}` };
    return { ...word, failure, ...keep({ details: `answered ${status}` }) };
  }
  if (word.type !== 'unclear') return word;
  const isError =
    sent.result.type === 'answer' && sent.result.statusCode >= 500 && !GATEWAY.includes(sent.result.statusCode);
  const effect = isError || call.method === 'GET' ? 'none' : word.effect;
  return { ...word, effect, ...keep({ details: word.reason }) };
}
