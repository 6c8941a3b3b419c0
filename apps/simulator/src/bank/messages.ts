import { deflateSync, gzipSync } from 'node:zlib';
import { z } from 'zod';
import { give, json, type Reply } from '../desk/play.ts';
import { watch, type Note } from '../desk/watch.ts';
import { header, readJson } from '../http.ts';
import type { Call } from '../party.ts';
import { debtor, post, refusal, type Office } from './office.ts';
import { newRequestId, type Message } from './queue.ts';
import { heartbeat } from './report.ts';

const noMessage = (): Reply =>
  json(404, { errors: [{ errorCode: 'NOT_FOUND', description: 'there is no such message' }] });
const typeOf = (call: Call): string | null => header(call.request, 'filter-response-type');

/** The queue's routes; false: this is none of them. */
export async function serveMessages(office: Office, call: Call): Promise<boolean> {
  const { queue } = office;
  const asked = `${call.method} ${call.path}`;
  const one = /^\/messages\/([^/]+)$/.exec(call.path)?.[1];
  const named = one !== undefined && !['next', 'count', 'delete'].includes(one);
  const note = watch(call, office.desk.books, null, named ? `${call.method} /messages/{id}` : asked);
  const down = office.desk.outages.meet(call);
  if (down) note(down.outcome, down.retryAfterSeconds);
  else if (asked === 'GET /heartbeat')
    give(call, note, { status: 200, body: heartbeat(), headers: { 'content-type': 'application/xml' } });
  else if (asked === 'GET /heartbeat/mq') give(call, note, askHeartbeat(office));
  else if (asked === 'GET /messages/next') tell(office, call, note, queue.waiting(typeOf(call))[0], 204);
  else if (asked === 'GET /messages/count') give(call, note, json(200, { count: queue.waiting(typeOf(call)).length }));
  else if (asked === 'GET /messages') give(call, note, list(office, call));
  else if (asked === 'POST /messages/delete') {
    for (const id of await readJson(call.request, z.array(z.string()))) queue.remove(id);
    give(call, note, { status: 200, body: '' });
  } else if (named && call.method === 'GET') tell(office, call, note, queue.find(one), 404);
  else if (named && call.method === 'DELETE') give(call, note, remove(office, one));
  else return false;
  return true;
}

/** 202 with its own Message-Request-Id; the answer is a message of type HEARTBEAT. */
function askHeartbeat(office: Office): Reply {
  const requestId = newRequestId();
  const { heartbeatMs } = office.settings;
  const name = `<AuthorizedUser><Name>${debtor.DEBTOR_NAME}</Name><Code>10000000</Code></AuthorizedUser>`;
  const certificate =
    '<Certificates><Certificate><SerialNumber>1</SerialNumber><ValidFrom>2020-01-01T00:00:00Z</ValidFrom><ValidTo>2040-01-01T00:00:00Z</ValidTo></Certificate></Certificates>';
  if (heartbeatMs !== null) {
    const message = { type: 'HEARTBEAT', requestId };
    office.desk.ground.timers.after(heartbeatMs, () =>
      post(office, { ...message, body: heartbeat(name + certificate) }, null),
    );
  }
  return { status: 202, body: '', headers: { 'message-request-id': requestId } };
}

function remove({ queue }: Office, responseId: string): Reply {
  const removed = queue.remove(responseId);
  if (!removed) return noMessage();
  return removed.quirk === 'delete-fails' ? refusal(500, 'INTERNAL_ERROR') : { status: 200, body: '' };
}

/** The body of the list is not documented: ours. */
function list({ queue }: Office, call: Call): Reply {
  const limit = Number(call.query.get('Limit') ?? 10);
  const found = queue.waiting(typeOf(call)).slice(0, limit);
  return json(200, {
    messages: found.map(({ responseId, requestId, type, createdAt }) => ({
      messageResponseId: responseId,
      messageRequestId: requestId,
      messageType: type,
      messageCreatedTime: createdAt,
    })),
  });
}

function headersOf(message: Message): Record<string, string> {
  return {
    'content-type': message.contentType,
    'x-bank-code': 'LHVEE',
    'client-code': '10000000',
    'client-country': 'EE',
    'message-response-id': message.responseId,
    'message-response-type': message.type,
    ...(message.requestId === null ? {} : { 'message-request-id': message.requestId }),
  };
}

/** Large ones are compressed, gzip before deflate, or fail. */
function tell({ settings }: Office, call: Call, note: Note, message: Message | undefined, none: 204 | 404): void {
  if (!message) return give(call, note, none === 204 ? { status: 204, body: '' } : noMessage());
  const headers = headersOf(message);
  if (Buffer.byteLength(message.body) < settings.gzipFromBytes)
    return give(call, note, { status: 200, body: message.body, headers });
  const allowed = header(call.request, 'accept-encoding') ?? '';
  const way = ['gzip', 'deflate'].find((name) => allowed.includes(name));
  if (way === undefined) return give(call, note, refusal(500, 'INTERNAL_ERROR'));
  note('200');
  call.response.writeHead(200, { ...headers, 'content-encoding': way });
  call.response.end(way === 'gzip' ? gzipSync(message.body) : deflateSync(message.body));
}
