// The engine room with all its doors: real PostgreSQL and Redis, worker processes, a registry and a client that speak HTTP.
import { spawn, type ChildProcess } from 'node:child_process';
import { once } from 'node:events';
import { createServer, type IncomingMessage } from 'node:http';
import { readFile } from 'node:fs/promises';
import { fileURLToPath } from 'node:url';
import { freePort } from '@countersign/devservices';
import type { Submission, Ticket } from '@countersign/flow';
import { createLog, newTraceparent } from '@countersign/process';
import { createProducer, type Producer } from '@countersign/queue';
import { migrate, newId, openStore, type Store } from '@countersign/store';
import { testDatabase, testRedis, until } from '@countersign/testkit';

export const log = createLog({ level: 'silent', name: 'test' });

export interface Call {
  readonly method: string;
  readonly id: string;
  readonly traceparent: string | undefined;
}

/** A registry whose books a test can read. `delayMs`: how long it thinks; `hold`: it answers no POST until it is let go on. */
async function startRegistry() {
  const books = new Map<string, string>();
  const calls: Call[] = [];
  const told = new Map<string, number>();
  let held: Promise<void> = Promise.resolve();
  const hold = (): (() => void) => {
    const { promise, resolve } = Promise.withResolvers<void>();
    held = promise;
    return resolve;
  };
  const close = () => Promise.resolve();
  const registry = { delayMs: 0, settlesAfterLooks: 0, url: '', books, calls, told, hold, close };
  const looks = new Map<string, number>();
  const server = createServer((request, response) => {
    void (async () => {
      const body = await text(request);
      const id =
        request.method === 'POST' ? (JSON.parse(body) as { id: string }).id : (request.url?.split('/').at(-1) ?? '');
      calls.push({ method: request.method ?? '', id, traceparent: request.headers.traceparent as string | undefined });
      if (request.method === 'POST') {
        told.set(id, (told.get(id) ?? 0) + 1);
        books.set(id, registry.settlesAfterLooks === 0 ? 'completed' : 'pending');
      } else if (books.has(id)) {
        looks.set(id, (looks.get(id) ?? 0) + 1);
        if ((looks.get(id) ?? 0) >= registry.settlesAfterLooks) books.set(id, 'completed');
      }
      if (request.method === 'POST') await held;
      await new Promise((wake) => setTimeout(wake, registry.delayMs));
      const status = books.get(id);
      response
        .writeHead(status ? 200 : 404, { 'content-type': 'application/json' })
        .end(JSON.stringify(status ? { id, status } : {}));
    })();
  });
  registry.url = await listen(server);
  registry.close = () => closeServer(server);
  return registry;
}

/** A client's endpoint: keeps what it is told. */
async function startClient() {
  const heard: { type: string; id: string; traceparent: string | undefined }[] = [];
  const server = createServer((request, response) => {
    void (async () => {
      const { type, data } = JSON.parse(await text(request)) as { type: string; data: { submissionId: string } };
      heard.push({ type, id: data.submissionId, traceparent: request.headers.traceparent as string | undefined });
      response.writeHead(204).end();
    })();
  });
  return { heard, url: await listen(server), close: () => closeServer(server) };
}

export interface WorkerProcess {
  readonly child: ChildProcess;
  readonly health: string;
  said(): string;
  /** Its sandboxes' process ids, as the system knows them. */
  sandboxes(): Promise<number[]>;
  stop(signal?: NodeJS.Signals): Promise<number | null>;
}

export async function openStage(env: Record<string, string> = {}) {
  const [redis, database, registry, client] = await Promise.all([
    testRedis(),
    testDatabase({ migrate }),
    startRegistry(),
    startClient(),
  ]);
  const store: Store = openStore({ databaseUrl: database.url, applicationName: 'test', poolSize: 2 });
  const producer: Producer = createProducer({ redisUrl: redis.url, log });
  await until(() => producer.ping().then(() => true));
  const owner = await store.clients.create({ name: 'test', callbackUrl: `${client.url}/callbacks` });
  const workers: WorkerProcess[] = [];
  const settings = {
    REDIS_URL: redis.url,
    DATABASE_URL: database.url,
    PUBLIC_URL: 'http://127.0.0.1:9',
    LOG_LEVEL: 'warn',
    CALLBACK_ALLOW_PRIVATE: 'true',
    PROVIDER_REGISTRY_URL: registry.url,
    // Longer than the registry, which is in the test's process, stands still with it.
    PROVIDER_REGISTRY_TIMEOUT_MS: '10000',
    PROVIDER_REGISTRY_RETRY_DELAY_MS: '500',
    PROVIDER_REGISTRY_CONCURRENCY: '1000',
    ...env,
  };
  /** Commits a submission; `enqueue` as the door does. */
  const accept = async ({ enqueue = true }: { enqueue?: boolean } = {}): Promise<Ticket> => {
    const id = newId();
    const traceparent = newTraceparent();
    await store.intake.accept({
      id,
      kind: 'transaction',
      clientId: owner.client.id,
      naturalId: id,
      fingerprint: '00',
      body: `{"id":"${id}","amount":"1.00","currency":"EUR"}`,
      contentType: 'application/json',
      callbackUrl: `${client.url}/callbacks`,
      traceparent,
      queued: enqueue,
    });
    if (enqueue) await producer.startFlow({ v: 1, id, kind: 'transaction', traceparent });
    return { v: 1, step: 'record', id, kind: 'transaction', traceparent };
  };
  const startWorker = async (own: Record<string, string> = {}): Promise<WorkerProcess> => {
    const worker = await spawnWorker({ ...settings, ...own });
    workers.push(worker);
    return worker;
  };
  const find = async (id: string): Promise<Submission | undefined> => await store.cellar.load(id);
  const settled = async (id: string, timeoutMs = 15_000): Promise<Submission> =>
    await until(
      async () => {
        const found = await find(id);
        return found?.settledAt !== null && found?.settledAt !== undefined && found;
      },
      {
        timeoutMs,
        label: () => `${id} to settle; the workers said: ${workers.map((worker) => worker.said()).join('\n---\n')}`,
      },
    );
  const close = async (): Promise<void> => {
    await Promise.all(workers.map((worker) => worker.stop('SIGKILL')));
    await Promise.all([producer.close(), store.close(), registry.close(), client.close()]);
    await database.drop();
  };
  return { settings, store, producer, registry, client, accept, startWorker, find, settled, close };
}

async function spawnWorker(env: Record<string, string>): Promise<WorkerProcess> {
  const port = await freePort();
  const file = fileURLToPath(new URL('../src/main.ts', import.meta.url));
  const { PATH = '', HOME = '' } = process.env;
  const child = spawn(process.execPath, [file], {
    env: { PATH, HOME, WORKER_HEALTH_PORT: String(port), ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  });
  let said = '';
  for (const stream of [child.stdout, child.stderr])
    stream.on('data', (chunk: Buffer) => (said = (said + chunk.toString()).slice(-20_000)));
  const health = `http://127.0.0.1:${port}`;
  const gone = once(child, 'exit');
  let answered = '';
  const isUp = async (): Promise<boolean> => {
    const response = await fetch(`${health}/health/ready`);
    answered = `${response.status} ${await response.text()}`;
    return response.ok;
  };
  await until(async () => child.exitCode !== null || (await isUp()), { timeoutMs: 20_000 }).catch((cause: unknown) => {
    // Nobody else knows of it yet.
    child.kill('SIGKILL');
    throw new Error(`the worker does not become ready; it answered ${answered}, and said ${said}`, { cause });
  });
  if (child.exitCode !== null) throw new Error(`the worker ended: ${said}`);
  return {
    child,
    health,
    said: () => said,
    sandboxes: async () =>
      (await readFile(`/proc/${child.pid}/task/${child.pid}/children`, 'utf8'))
        .trim()
        .split(' ')
        .filter(Boolean)
        .map(Number),
    async stop(signal = 'SIGTERM') {
      if (child.exitCode === null && child.signalCode === null) child.kill(signal);
      await gone;
      return child.exitCode;
    },
  };
}

async function text(request: IncomingMessage): Promise<string> {
  let body = '';
  for await (const chunk of request) body += String(chunk);
  return body;
}

async function listen(server: ReturnType<typeof createServer>): Promise<string> {
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return `http://127.0.0.1:${typeof address === 'object' && address ? address.port : 0}`;
}

async function closeServer(server: ReturnType<typeof createServer>): Promise<void> {
  server.closeAllConnections();
  await new Promise((closed) => server.close(closed));
}
