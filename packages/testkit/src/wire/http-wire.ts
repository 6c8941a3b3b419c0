import { createServer, type IncomingHttpHeaders, type IncomingMessage, type ServerResponse } from 'node:http';
import { request as send } from 'undici';
import { listening, type Wire } from './listening.ts';
import { killSender } from './owner.ts';
import type { Tripwire } from './tripwire.ts';

/** Said by each stretch of the way for itself. */
const OF_THE_STRETCH = ['connection', 'keep-alive', 'host', 'transfer-encoding', 'content-length', 'expect'];

/** A way to an HTTP server that goes over a tripwire, request by request. `hear` is told what is sent on. */
export async function openHttpWire(
  target: string,
  tripwire: Tripwire,
  hear: (what: string, body: string) => void = () => undefined,
): Promise<Wire> {
  const onward = { target, tripwire, hear };
  const server = createServer((asked, answer) => void pass(onward, asked, answer));
  const { port, close } = await listening(server);
  return { url: `http://127.0.0.1:${port}`, close };
}

/** Longer than any caller waits. */
const MOST_MS = 20_000;

interface Onward {
  readonly target: string;
  readonly tripwire: Tripwire;
  readonly hear: (what: string, body: string) => void;
}

async function pass({ target, tripwire, hear }: Onward, asked: IncomingMessage, answer: ServerResponse): Promise<void> {
  const { method = '', url = '', socket } = asked;
  const body = await bytesOf(asked);
  const what = `${method} ${url.split('?')[0]}`;
  const reply = await tripwire.pass({
    text: [url, JSON.stringify(asked.headers), body.toString('latin1')].join('\n'),
    what,
    kill: () => killSender(socket),
    forward() {
      hear(what, body.toString('utf8'));
      return forward(target, asked, body);
    },
  });
  if (reply) answer.writeHead(reply.status, reply.headers).end(reply.bytes);
  else answer.destroy();
}

/** undefined: the target hung up, and so does the wire. */
async function forward(target: string, asked: IncomingMessage, body: Buffer) {
  try {
    const {
      statusCode,
      headers,
      body: said,
    } = await send(target + (asked.url ?? ''), {
      // Whatever came in as a method goes out as one.
      method: asked.method as 'GET',
      headers: ofTheWholeWay(asked.headers),
      ...(body.length > 0 ? { body } : {}),
      headersTimeout: MOST_MS,
      bodyTimeout: MOST_MS,
    });
    return { status: statusCode, headers: ofTheWholeWay(headers), bytes: Buffer.from(await said.arrayBuffer()) };
  } catch {
    return undefined;
  }
}

function ofTheWholeWay(headers: IncomingHttpHeaders): Record<string, string | string[]> {
  const kept = Object.entries(headers).filter(([name]) => !OF_THE_STRETCH.includes(name));
  return Object.fromEntries(kept.map(([name, value]) => [name, value ?? '']));
}

async function bytesOf(asked: IncomingMessage): Promise<Buffer> {
  const chunks: Buffer[] = [];
  for await (const chunk of asked) chunks.push(Buffer.from(chunk as Uint8Array));
  return Buffer.concat(chunks);
}
