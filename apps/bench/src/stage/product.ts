import { spawn } from 'node:child_process';
import { existsSync } from 'node:fs';
import { join } from 'node:path';
import { freePort } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { startProgram, type Running } from './processes.ts';

const READY_WITHIN_MS = 60_000;

/** Where a product (ours or the floor) takes transactions, and who it is made of. */
export interface Product {
  readonly url: string;
  /** A key that may read and write, of a client of its own. */
  newClient(name: string): Promise<string>;
  readonly api: number;
  readonly worker: number | undefined;
  /** Starts the worker where `startProduct` was told to leave it out. */
  startWorker(): Promise<void>;
  stop(): Promise<void>;
}

export interface ProductOptions {
  readonly root: string;
  readonly name: string;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly thirdPartyUrl: string;
  readonly worker: boolean;
}

const ADMIN_KEY = 'bench-admin-key-0123456789abcdef';

/** Migrates the database and starts the built API and worker on it, each in one process as deployed. */
export async function startProduct(options: ProductOptions): Promise<Product> {
  const { root, name } = options;
  const [port, healthPort] = [await freePort(), await freePort()];
  const env = environmentOf(options, port, healthPort);
  await migrate(root, env);
  const logs = (who: string): string => join(root, '.data/bench', `${name}-${who}.log`);
  const api = startProgram(join(root, 'apps/api/dist/main.js'), root, env, logs('api'));
  let worker: Running | undefined;
  const url = `http://127.0.0.1:${port}`;
  const startWorker = async (): Promise<void> => {
    worker = startProgram(join(root, 'apps/worker/dist/main.js'), root, env, logs('worker'));
    await ready(`http://127.0.0.1:${healthPort}/health/ready`, 'the worker', worker, logs('worker'));
  };
  await ready(`${url}/health/ready`, 'the API', api, logs('api'));
  if (options.worker) await startWorker();
  return {
    url,
    newClient: (client) => newClient(url, client),
    api: api.pid,
    get worker() {
      return worker?.pid;
    },
    startWorker,
    stop: async () => {
      await Promise.all([api.stop(), worker?.stop()]);
    },
  };
}

function environmentOf(options: ProductOptions, port: number, healthPort: number): NodeJS.ProcessEnv {
  return {
    PATH: process.env['PATH'] ?? '',
    NODE_ENV: 'production',
    LOG_LEVEL: 'warn',
    HOST: '127.0.0.1',
    PORT: String(port),
    WORKER_HEALTH_PORT: String(healthPort),
    PUBLIC_URL: `http://127.0.0.1:${port}`,
    REDIS_URL: options.redisUrl,
    DATABASE_URL: options.databaseUrl,
    ADMIN_API_KEY: ADMIN_KEY,
    CALLBACK_ALLOW_PRIVATE: 'true',
    PROVIDER_REGISTRY_URL: `${options.thirdPartyUrl}/registry`,
    PROVIDER_REGISTRY_CONCURRENCY: '4000',
    ...authority(options, 'tax'),
    ...authority(options, 'warehouse'),
    CALLBACK_CONCURRENCY: '1000',
    RATE_LIMIT_PER_SECOND: '1000000',
    // Whoever wants to see where the time goes: a profiler, as NODE_OPTIONS of API, worker and sandboxes.
    ...(process.env['BENCH_NODE_OPTIONS'] === undefined ? {} : { NODE_OPTIONS: process.env['BENCH_NODE_OPTIONS'] }),
    // Whoever measures another setting says so outside.
    ...Object.fromEntries(
      Object.entries(process.env).filter(([name]) => /^(WORKER|CALLBACK|RATE|PROVIDER|API)_/.test(name)),
    ),
  };
}

/** The third party's process signs its webhooks with its own name. */
function authority({ thirdPartyUrl }: ProductOptions, name: string): NodeJS.ProcessEnv {
  const prefix = `PROVIDER_${name.toUpperCase()}`;
  return {
    [`${prefix}_URL`]: `${thirdPartyUrl}/${name}`,
    [`${prefix}_WEBHOOK_SECRET`]: name,
    [`${prefix}_CONCURRENCY`]: '4000',
  };
}

async function migrate(root: string, env: NodeJS.ProcessEnv): Promise<void> {
  const built = join(root, 'apps/api/dist/migrate.js');
  const file = existsSync(built) ? built : join(root, 'apps/api/src/migrate.ts');
  const child = spawn(process.execPath, [file], { cwd: root, env, stdio: ['ignore', 'ignore', 'pipe'] });
  let said = '';
  child.stderr.on('data', (chunk: Buffer) => (said += chunk.toString()));
  const code = await new Promise<number | null>((resolve) => child.once('exit', resolve));
  if (code !== 0) throw new Error(`the database could not be migrated (${file}):\n${said}`);
}

async function ready(url: string, who: string, { child }: Running, log: string): Promise<void> {
  const dead = (): void => {
    if (child.exitCode !== null) throw new Error(`${who} ended with ${child.exitCode} before it was ready; see ${log}`);
  };
  const ok = until(async () => (dead(), (await fetch(url)).ok), {
    timeoutMs: READY_WITHIN_MS,
    label: `${who} to be ready (see ${log})`,
  });
  await Promise.race([
    ok,
    new Promise((_, reject) =>
      child.once('exit', (code) => reject(new Error(`${who} ended with ${code}; see ${log}`))),
    ),
  ]);
}

async function newClient(url: string, name: string): Promise<string> {
  const client = await admin(url, '/v1/clients', { name });
  // A benchmark measures the product, not the client's limit; unknown limits are refused by the API and then left out.
  return String((await admin(url, `/v1/clients/${String(client['id'])}/keys`, { scopes: ['read', 'write'] }))['key']);
}

async function admin(url: string, path: string, body: object): Promise<Record<string, unknown>> {
  const answer = await fetch(`${url}${path}`, {
    method: 'POST',
    headers: { authorization: `Bearer ${ADMIN_KEY}`, 'content-type': 'application/json' },
    body: JSON.stringify(body),
  });
  const text = await answer.text();
  if (!answer.ok) throw new Error(`POST ${path} answered ${answer.status}: ${text}`);
  // Our own API's documented answer: a JSON object.
  return JSON.parse(text) as Record<string, unknown>;
}
