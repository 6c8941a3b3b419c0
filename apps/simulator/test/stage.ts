import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { until as wait } from '@countersign/testkit';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/index.ts';

/** What a request met: an answer, or the error's code. */
export interface Met {
  readonly status: number | string;
  readonly body: unknown;
  readonly headers: Record<string, unknown>;
}

const agent = new Agent({ keepAliveTimeout: 1_000 });
afterAll(() => agent.destroy());

/** One request, JSON both ways where it is JSON. A connection's end gives its code as the status. */
export async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  patienceMs = 5_000,
  headers: Record<string, string> = {},
): Promise<Met> {
  try {
    const answer = await request(url, {
      method,
      dispatcher: agent,
      headers: {
        'content-type': 'application/json',
        'user-agent': 'countersign/test',
        traceparent: '00-aa-bb-01',
        ...headers,
      },
      ...(body === undefined ? {} : { body: typeof body === 'string' ? body : JSON.stringify(body) }),
      signal: AbortSignal.timeout(patienceMs),
    });
    const text = await answer.body.text();
    return { status: answer.statusCode, body: parsed(text), headers: answer.headers };
  } catch (error) {
    // An undici error's code, or the signal's name: a wall, so read by hand.
    const { code, name } = error as { code?: string; name: string };
    return { status: typeof code === 'string' ? code : name, body: null, headers: {} };
  }
}

function parsed(text: string): unknown {
  try {
    return JSON.parse(text);
  } catch {
    return text;
  }
}

/** The testkit's, with what is waited for in front. */
export const until = <Seen>(what: string, look: () => Seen | Promise<Seen>) => wait(look, { label: what });

/** One webhook as it came. */
export interface Came {
  readonly path: string;
  readonly body: unknown;
  readonly raw: string;
  readonly headers: IncomingHttpHeaders;
  readonly atMs: number;
}

/**
 * A receiver of webhooks: keeps what came, answers 204, or 401 to a token that is not `token`; below `/webhooks/`, where
 * Countersign receives, always 200. `answers`: statuses for the next ones.
 */
export async function startReceiver() {
  const came: Came[] = [];
  const answers: number[] = [];
  const server = createServer((incoming, response) => {
    let text = '';
    incoming.on('data', (chunk: Buffer) => (text += chunk.toString()));
    incoming.on('end', () => {
      const { url: path = '', headers } = incoming;
      came.push({ path, body: parsed(text), raw: text, headers, atMs: Date.now() });
      const usual = path.startsWith('/webhooks/') ? 200 : path === '/hook/token' ? 204 : 401;
      response.writeHead(answers.shift() ?? usual).end();
    });
  });
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  // Listening on TCP: an AddressInfo.
  const { port } = server.address() as AddressInfo;
  const base = `http://127.0.0.1:${port}`;
  return { base, url: `${base}/hook/token`, came, answers, close: () => server.close() };
}

/** A town and a receiver per test, all delays a tenth unless said otherwise. */
export function stage(options: SimulatorOptions = {}) {
  const open: { town: Simulator; receiver: Awaited<ReturnType<typeof startReceiver>> }[] = [];
  beforeEach(async () => {
    const receiver = await startReceiver();
    open.push({ town: await startSimulator({ timeScale: 0.1, productUrl: receiver.base, ...options }), receiver });
  });
  afterEach(async () => {
    for (const { town, receiver } of open.splice(0)) {
      receiver.close();
      await town.close();
    }
  });
  const now = () => {
    const last = open.at(-1);
    if (!last) throw new Error('only inside a test');
    return last;
  };
  return {
    town: () => now().town,
    receiver: () => now().receiver,
    id: () => randomUUID(),
    post: (id: string, amount: string | number, patienceMs?: number) =>
      ask(
        'POST',
        `${now().town.url}/registry/transaction`,
        { id, webhookUrl: now().receiver.url, amount, currency: 'EUR' },
        patienceMs,
      ),
    look: (id: string, patienceMs?: number) =>
      ask('GET', `${now().town.url}/registry/transaction/${id}`, undefined, patienceMs),
    sim: (method: 'GET' | 'POST' | 'PUT' | 'DELETE', path: string, body?: unknown) =>
      ask(method, `${now().town.url}/_sim${path}`, body),
    entry: (id: string) => {
      const entry = now().town.registry.find(id);
      if (!entry) throw new Error(`nothing is known about ${id}`);
      return entry;
    },
  };
}
