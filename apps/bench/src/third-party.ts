// A process of its own: the registry at its lightest, and the client that receives callbacks. No faults, no books to read.
import { createHmac } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import { Agent, request as undici } from 'undici';
import type { FromThirdParty, Seen, ToThirdParty } from './third-party-words.ts';
import { nowMs } from './statistics.ts';

const registered = new Set<string>();
const arrivals = new Map<string, Map<number, number>>();
let answerMs = 0;
let tellsEach = false;
let counts = { repeated: 0, posts: 0, looks: 0, doubles: 0, inFlight: 0, peakInFlight: 0 };

const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
  if (request.method === 'GET') return look(request, response);
  let text = '';
  request.setEncoding('latin1');
  request.on('data', (chunk: string) => (text += chunk));
  request.on('end', () => {
    const { url = '' } = request;
    if (url.startsWith('/callbacks')) callback(url, text, response);
    else if (url.endsWith('/registrations')) keep(url.split('/')[1] ?? '', text, response);
    else register(text, response);
  });
});
server.listen(0, '127.0.0.1', () => {
  const address = server.address();
  if (address !== null && typeof address === 'object') tell({ listening: address.port });
});

process.on('message', (message: ToThirdParty) => {
  if ('reset' in message) {
    registered.clear();
    arrivals.clear();
    ({ answerMs, tellsEach } = message.reset);
    counts = { repeated: 0, posts: 0, looks: 0, doubles: 0, inFlight: 0, peakInFlight: 0 };
    tell({ done: 'reset' });
  } else tell({ seen: seen(message.report) });
});
process.on('disconnect', () => process.exit(0));
// Progress for the one who waits: how many callbacks have come, by prefix.
setInterval(() => tell({ counts: Object.fromEntries([...arrivals].map(([prefix, by]) => [prefix, by.size])) }), 100);

function tell(message: FromThirdParty): void {
  process.send?.(message);
}

function look({ url = '' }: IncomingMessage, response: ServerResponse): void {
  counts.looks += 1;
  const id = url.slice(url.lastIndexOf('/') + 1);
  if (url.includes('/registrations/')) {
    const there = registered.has(`${url.split('/')[1]}:${id}`);
    return answerLater(
      response,
      there ? 200 : 404,
      there ? registrationOf(id, 'DONE') : '{"code":"registration.not_found"}',
    );
  }
  const known = registered.has(id);
  answerLater(response, known ? 200 : 404, known ? `{"id":"${id}","status":"completed"}` : '{"error":"unknown"}');
}

function register(text: string, response: ServerResponse): void {
  counts.posts += 1;
  const id = between(text, '"id":"');
  if (registered.has(id)) counts.doubles += 1;
  registered.add(id);
  answerLater(response, 200, `{"id":"${id}","status":"completed"}`);
}

const WEBHOOK_AFTER_MS = 20;
const webhooks = new Agent({ connections: 64, pipelining: 1 });

/** An authority: takes it in at once, and tells the end by a signed webhook a moment later. */
function keep(name: string, text: string, response: ServerResponse): void {
  counts.posts += 1;
  const id = between(text, '"id":"');
  if (registered.has(`${name}:${id}`)) counts.doubles += 1;
  registered.add(`${name}:${id}`);
  answerLater(response, 202, registrationOf(id, 'CREATED'));
  const body = registrationOf(id, 'DONE');
  const headers = {
    'content-type': 'application/json',
    'x-request-signature': createHmac('sha256', name).update(body).digest('base64'),
  };
  const tellEnd = async (): Promise<void> => {
    const answer = await undici(between(text, '"webhookUrl":"'), {
      method: 'POST',
      headers,
      body,
      dispatcher: webhooks,
    });
    await answer.body.dump();
  };
  setTimeout(() => void tellEnd().catch(() => undefined), answerMs + WEBHOOK_AFTER_MS);
}

function registrationOf(id: string, status: string): string {
  return `{"registration":{"id":"${id}","status":"${status}","fiscalCode":"F-${id.slice(-8)}"}}`;
}

function answerLater(response: ServerResponse, status: number, body: string): void {
  counts.inFlight += 1;
  counts.peakInFlight = Math.max(counts.peakInFlight, counts.inFlight);
  const answer = (): void => {
    counts.inFlight -= 1;
    response.writeHead(status, { 'content-type': 'application/json', 'content-length': body.length });
    response.end(body);
  };
  if (answerMs === 0) answer();
  else setTimeout(answer, answerMs);
}

/** Which it was says the query where there is one, else the resource's id. */
function callback(url: string, text: string, response: ServerResponse): void {
  const at = nowMs();
  response.writeHead(204);
  response.end();
  const id = url.includes('?') ? url.slice(url.indexOf('?') + 1) : between(text, '"data":{"id":"');
  const dash = id.lastIndexOf('-');
  const prefix = id.slice(0, dash);
  const by = arrivals.get(prefix) ?? new Map<number, number>();
  arrivals.set(prefix, by);
  const index = Number(id.slice(dash + 1));
  if (by.has(index)) counts.repeated += 1;
  else by.set(index, at);
  if (tellsEach) tell({ callback: id });
}

function between(text: string, start: string): string {
  const from = text.indexOf(start) + start.length;
  return text.slice(from, text.indexOf('"', from));
}

function seen(prefixes: readonly string[]): Seen {
  const arrivedMs = Object.fromEntries(
    prefixes.map((prefix) => {
      const by = arrivals.get(prefix) ?? new Map<number, number>();
      const times = new Float64Array([...by.keys()].reduce((most, n) => Math.max(most, n), -1) + 1).fill(NaN);
      for (const [index, at] of by) times[index] = at;
      return [prefix, times];
    }),
  );
  const { repeated, posts, looks, doubles, peakInFlight } = counts;
  return { arrivedMs, repeated, posts, looks, doubles, peakInFlight };
}
