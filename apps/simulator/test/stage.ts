import { createServer, type IncomingHttpHeaders } from 'node:http';
import type { AddressInfo } from 'node:net';
import { randomUUID } from 'node:crypto';
import { until as wait } from '@countersign/testkit';
import { Agent, request } from 'undici';
import { afterAll, afterEach, beforeEach } from 'vitest';
import { startSimulator, type Simulator, type SimulatorOptions } from '../src/index.ts';
import { createTimers, type Timers } from '../src/timers.ts';

/** What a request met: an answer, or the error's code. */
export interface Met {
  readonly status: number | string;
  readonly body: unknown;
  readonly headers: Record<string, unknown>;
}

const agent = new Agent({ keepAliveTimeout: 1_000 });
afterAll(() => agent.destroy());

const TURN_MS = 10;

/**
 * Gives up after `ms` of a loop that turns. The town lives in this very process: while the machine stands still it keeps
 * nobody waiting, and by the clock a request would be given up before the town has seen it.
 */
export async function patiently<Answer>(ms: number, act: (signal: AbortSignal) => Promise<Answer>): Promise<Answer> {
  const end = new AbortController();
  let turns = Math.ceil(ms / TURN_MS);
  const turning = setInterval(() => {
    turns -= 1;
    if (turns === 0) end.abort(new DOMException(`no answer within ${ms} ms`, 'TimeoutError'));
  }, TURN_MS);
  try {
    return await act(end.signal);
  } finally {
    clearInterval(turning);
  }
}

/** One request, JSON both ways where it is JSON. A connection's end gives its code as the status. */
export async function ask(
  method: 'GET' | 'POST' | 'PUT' | 'PATCH' | 'DELETE',
  url: string,
  body?: unknown,
  patienceMs = 5_000,
  headers: Record<string, string> = {},
): Promise<Met> {
  try {
    return await patiently(patienceMs, async (signal) => {
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
        signal,
      });
      const text = await answer.body.text();
      return { status: answer.statusCode, body: parsed(text), headers: answer.headers };
    });
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

/**
 * A town's delays, which pass by the clock until the test holds them: what is before a delay can then be looked at however
 * slow the looking is.
 */
function townTime(running: Timers) {
  let isHeld = false;
  let nowMs = 0;
  let waiting: { readonly atMs: number; readonly act: () => void }[] = [];
  const after = (ms: number, act: () => void): void => {
    if (!isHeld || ms <= 0) running.after(ms, act);
    else if (ms !== Infinity) waiting.push({ atMs: nowMs + ms, act });
  };
  const timers: Timers = {
    ...running,
    after,
    pause: (ms) => new Promise((resolve) => after(ms, resolve)),
    // How long a quote, a key or a message holds: nobody waits for its end here, there is `/age`.
    scaled: (ms) => ms,
    clear() {
      waiting = [];
      running.clear();
    },
    isIdle: () => waiting.length === 0 && running.isIdle(),
  };
  const quiet = async (): Promise<void> => {
    await new Promise((turned) => setImmediate(turned));
    await wait(() => running.isIdle(), { label: 'every webhook on its way to be answered' });
  };
  /** So many of the town's ms, unscaled: what falls due happens in its order, each when the webhooks before it were answered. */
  const letPass = async (ms: number): Promise<void> => {
    const endMs = nowMs + ms;
    for (;;) {
      await quiet();
      const next = waiting.toSorted((one, other) => one.atMs - other.atMs)[0];
      if (!next || next.atMs > endMs) break;
      waiting = waiting.filter((one) => one !== next);
      nowMs = next.atMs;
      next.act();
    }
    nowMs = endMs;
  };
  return { timers, letPass, hold: () => void (isHeld = true) };
}

/** A town and a receiver per test, all delays a tenth unless said otherwise. */
export function stage(options: SimulatorOptions = {}) {
  const open: {
    town: Simulator;
    receiver: Awaited<ReturnType<typeof startReceiver>>;
    time: ReturnType<typeof townTime>;
  }[] = [];
  beforeEach(async () => {
    const receiver = await startReceiver();
    const time = townTime(createTimers(options.timeScale ?? 0.1));
    open.push({
      town: await startSimulator({ timers: time.timers, productUrl: receiver.base, ...options }),
      receiver,
      time,
    });
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
    /** From now on the town's delays pass by `letPass` alone. */
    holdTime: () => now().time.hold(),
    letPass: (ms: number) => now().time.letPass(ms),
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
