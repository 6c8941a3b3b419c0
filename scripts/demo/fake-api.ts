import { createHmac, randomUUID } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';

/** How the fake ends a submission, by its amount. */
export type Ends = Readonly<Record<string, 'COMPLETED' | 'FAILED' | 'UNRESOLVED'>>;

interface Held {
  readonly resource: Record<string, unknown>;
  readonly events: object[];
}

const SETTLE_MS = 150;
const secret = `whsec_${Buffer.from('the demo client signs with this').toString('base64')}`;

/**
 * Just enough of contract.md 3.2 and 3.4 to play the demo against: accepts, settles 150 ms later by its own books, posts a signed callback.
 * `signWith`: another secret makes every callback a forged one.
 */
export async function startFakeApi(ends: Ends, signWith = secret) {
  const held = new Map<string, Held>();
  let reads = 0;
  const server = createServer((request, response) => {
    const url = request.url ?? '';
    if (request.headers.authorization !== 'Bearer the-key') return answer(response, 401, { title: 'unauthenticated' });
    if (request.method === 'POST') return void accept(request, response);
    // The very first read meets a busy API, so the demo shows that it waits and goes on.
    if (reads++ === 0) return answer(response, 429, { title: 'rate-limited' }, { 'retry-after': '1' });
    const [, , , id = '', part] = url.split('/');
    const found = held.get(id);
    if (!found) return answer(response, 404, { title: 'not-found' });
    answer(response, 200, part === 'timeline' ? { data: found.events } : found.resource);
  });
  const accept = async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let text = '';
    for await (const chunk of request) text += String(chunk);
    // The demo's own body; the kind's schema is the real API's business.
    const body = JSON.parse(text) as { id: string; amount: string; callbackUrl: string };
    const at = new Date().toISOString();
    const links = { self: `/v1/transactions/${body.id}`, timeline: `/v1/transactions/${body.id}/timeline` };
    const resource = {
      id: body.id,
      submissionId: randomUUID(),
      status: 'PROCESSING',
      version: 1,
      createdAt: at,
      updatedAt: at,
      settledAt: null,
      error: null,
      links,
    };
    const one: Held = { resource, events: [{ at, type: 'accepted' }] };
    held.set(body.id, one);
    answer(response, 202, resource, { location: links.self });
    setTimeout(() => void settle(one, ends[body.amount] ?? 'FAILED', body.callbackUrl, signWith), SETTLE_MS);
  };
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Listening on TCP: an AddressInfo.
  const { port } = server.address() as AddressInfo;
  return {
    env: {
      COUNTERSIGN_URL: `http://127.0.0.1:${port}`,
      COUNTERSIGN_KEY: 'the-key',
      COUNTERSIGN_WEBHOOK_SECRET: secret,
    },
    close: () => {
      server.closeAllConnections();
      server.close();
    },
  };
}

function answer(response: ServerResponse, status: number, body: object, headers: Record<string, string> = {}): void {
  response.writeHead(status, { 'content-type': 'application/json', ...headers }).end(JSON.stringify(body));
}

async function settle(
  { resource, events }: Held,
  status: string,
  callbackUrl: string,
  signWith: string,
): Promise<void> {
  // By the books, not by the clock: what the demo shows of it is then the same on every machine.
  const at = new Date(Date.parse(String(resource['createdAt'])) + SETTLE_MS).toISOString();
  const settledAt = status === 'UNRESOLVED' ? null : at;
  Object.assign(resource, { status, version: 2, updatedAt: at, settledAt });
  events.push({ at, type: 'attempt', provider: 'registry', attempt: 1, statusCode: 200, durationMs: 12, to: 'done' });
  events.push({ at, type: 'status', from: 'PROCESSING', to: status });
  const body = JSON.stringify({ type: `transaction.${status.toLowerCase()}`, timestamp: at, data: resource });
  const [id, time] = [`msg_${randomUUID()}`, String(Math.floor(Date.now() / 1_000))];
  const key = Buffer.from(signWith.slice('whsec_'.length), 'base64');
  const signature = `v1,${createHmac('sha256', key).update(`${id}.${time}.${body}`).digest('base64')}`;
  const headers = { 'webhook-id': id, 'webhook-timestamp': time, 'webhook-signature': signature };
  await fetch(callbackUrl, { method: 'POST', body, headers: { 'content-type': 'application/json', ...headers } });
}
