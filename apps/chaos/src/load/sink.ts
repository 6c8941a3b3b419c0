import { createHash, createHmac, timingSafeEqual } from 'node:crypto';
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { Delivery, Ledger } from '../ledger.ts';
import { objectIn } from '../stage/http.ts';

/** The clients' letterboxes: `POST /<client>/<behaviour>/<op>`. */
export interface Sink {
  readonly port: number;
  /** The secret each client's callbacks must be signed with. */
  readonly secrets: Map<string, string>;
  /** From now on every letterbox takes what comes. */
  mend(): void;
  close(): Promise<void>;
}

/** How a letterbox behaves, how often it is chosen, and whether it takes the callback in the end. */
export const LETTERBOXES: Readonly<
  Record<string, { weight: number; willing: boolean; does: (delivery: number) => Reply }>
> = {
  ok: { weight: 70, willing: true, does: () => ({ status: 200 }) },
  'fails-twice': { weight: 8, willing: true, does: (delivery) => ({ status: delivery <= 2 ? 500 : 200 }) },
  slow: { weight: 6, willing: true, does: () => ({ status: 204, afterMs: 700 }) },
  busy: {
    weight: 4,
    willing: true,
    does: (delivery) => (delivery === 1 ? { status: 429, retryAfter: '1' } : { status: 200 }),
  },
  'silent-once': {
    weight: 4,
    willing: true,
    does: (delivery) => (delivery === 1 ? { status: 'silence' } : { status: 200 }),
  },
  gone: { weight: 2, willing: false, does: () => ({ status: 410 }) },
  dead: { weight: 2, willing: false, does: () => ({ status: 500 }) },
};

interface Reply {
  readonly status: number | 'silence';
  readonly afterMs?: number;
  readonly retryAfter?: string;
}

/** Receives callbacks, writes each into the ledger, and tells `heard`. */
export async function openSink(
  ledger: Pick<Ledger, 'deliveries' | 'canaries'>,
  heard: (delivery: Delivery) => void,
): Promise<Sink> {
  const secrets = new Map<string, string>();
  const deliveries = new Map<string, number>();
  let mended = false;
  const server = createServer({ keepAliveTimeout: 65_000 }, (request, response) => {
    const chunks: Buffer[] = [];
    request.on('error', () => undefined);
    request.on('data', (chunk: Buffer) => chunks.push(chunk));
    request.on('end', () => {
      const body = Buffer.concat(chunks);
      if (request.url?.startsWith('/canary')) {
        ledger.canaries.push(`${new Date().toISOString()} ${request.method ?? ''} ${request.url}`);
        return answer(response, { status: 200 });
      }
      const [, client = '', behaviour = '', op = ''] = (request.url ?? '').split('/');
      const webhookId = headerOf(request, 'webhook-id');
      const times = (deliveries.get(webhookId) ?? 0) + 1;
      deliveries.set(webhookId, times);
      const reply = mended ? { status: 200 } : (LETTERBOXES[behaviour]?.does(times) ?? { status: 404 });
      const delivery = deliveryOf(request, body, client, op, secrets.get(client), reply.status);
      ledger.deliveries.push(delivery);
      answer(response, reply);
      heard(delivery);
    });
  });
  const port = await new Promise<number>((resolve) => {
    server.listen(0, '127.0.0.1', () => {
      const address = server.address();
      resolve(address !== null && typeof address === 'object' ? address.port : 0);
    });
  });
  return {
    port,
    secrets,
    mend: () => void (mended = true),
    async close() {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  };
}

function answer(response: ServerResponse, { status, afterMs = 0, retryAfter }: Reply): void {
  if (status === 'silence') return;
  setTimeout(() => {
    response.writeHead(status, retryAfter === undefined ? {} : { 'retry-after': retryAfter });
    response.end();
  }, afterMs);
}

function deliveryOf(
  request: IncomingMessage,
  body: Buffer,
  client: string,
  op: string,
  secret: string | undefined,
  answered: Delivery['answered'],
): Delivery {
  const said = objectIn(body.toString('utf8'));
  const data =
    typeof said['data'] === 'object' && said['data'] !== null ? (said['data'] as Record<string, unknown>) : {};
  const asked =
    typeof data['request'] === 'object' && data['request'] !== null ? (data['request'] as Record<string, unknown>) : {};
  const text = (value: unknown): string | null => (typeof value === 'string' ? value : null);
  const timestamp = headerOf(request, 'webhook-timestamp');
  return {
    at: Date.now(),
    client,
    op: /^\d+$/.test(op) ? Number(op) : null,
    id: text(data['id']),
    webhookId: headerOf(request, 'webhook-id'),
    type: text(said['type']) ?? '',
    submissionId: text(data['submissionId']),
    state: text(data['status']),
    version: typeof data['version'] === 'number' ? data['version'] : null,
    sha: createHash('sha256').update(body).digest('hex'),
    signature: secret === undefined ? 'no such client' : checkSignature(request, body, secret),
    skewMs: Date.now() - Number(timestamp) * 1_000,
    answered,
    amount: text(asked['amount']),
  };
}

/** Standard Webhooks: HMAC-SHA256 of `id.timestamp.body` with the secret behind `whsec_`. */
export function checkSignature(request: Pick<IncomingMessage, 'headers'>, body: Buffer, secret: string): string {
  const signed = Buffer.concat([
    Buffer.from(`${headerOf(request, 'webhook-id')}.${headerOf(request, 'webhook-timestamp')}.`),
    body,
  ]);
  const key = Buffer.from(secret.replace(/^whsec_/, ''), 'base64');
  const right = createHmac('sha256', key).update(signed).digest();
  const given = headerOf(request, 'webhook-signature')
    .split(' ')
    .filter((one) => one.startsWith('v1,'));
  if (given.length === 0) return 'no v1 signature';
  const good = given.some((one) => {
    const bytes = Buffer.from(one.slice(3), 'base64');
    return bytes.length === right.length && timingSafeEqual(bytes, right);
  });
  return good ? 'good' : 'another key or other bytes';
}

function headerOf({ headers }: Pick<IncomingMessage, 'headers'>, name: string): string {
  const value = headers[name];
  return typeof value === 'string' ? value : '';
}
