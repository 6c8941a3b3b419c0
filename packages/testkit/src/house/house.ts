import { freePort, startPostgres, startRedis, type Service } from '@countersign/devservices';
import { testDatabase } from '../test-database.ts';
import { testRedis } from '../test-redis.ts';
import { until } from '../until.ts';
import { startChild, type Child } from './child.ts';
import { ask, type Reply } from './http.ts';

/** Small numbers: a whole life in seconds. What is not named keeps its default. */
export const QUICK: Record<string, string> = {
  PROVIDER_REGISTRY_TIMEOUT_MS: '1000',
  PROVIDER_REGISTRY_RETRY_DELAY_MS: '1500',
  PROVIDER_REGISTRY_POLL_MAX_DELAY_MS: '1000',
  PROVIDER_REGISTRY_POLL_MAX_AGE_MS: '20000',
  // Longer than a process of a busy machine stands still: who is told in time is told once.
  CALLBACK_TIMEOUT_MS: '4000',
  CALLBACK_RETRY_SCHEDULE_MS: '100,200,400,800,1600',
};

export interface HouseOptions {
  /** Brings the database to the current schema: `migrate` of the store. */
  readonly migrate: (databaseUrl: string) => Promise<void>;
  /** `{simulator}` in a value becomes the simulator's URL: `PROVIDER_ON_RAMP_URL: '{simulator}/on-ramp'`. */
  readonly env?: Record<string, string>;
  readonly workers?: readonly Record<string, string>[];
  /** Redis and PostgreSQL of its own, for tests that stop them. */
  readonly ownServices?: boolean;
  readonly simulator?: Record<string, string>;
}

export interface TestClient {
  readonly id: string;
  readonly key: string;
  readonly webhookSecret: string;
}

/** The whole product as a client sees it: API, workers and simulator as processes of their own, real Redis and PostgreSQL. */
export interface House {
  readonly url: string;
  readonly simulator: string;
  readonly adminKey: string;
  readonly redis: Service | undefined;
  readonly postgres: Service | undefined;
  readonly databaseUrl: string;
  readonly redisUrl: string;
  readonly children: Map<string, Child>;
  /** A client with read and write keys, whose signatures the simulated client checks. */
  newClient(name: string): Promise<TestClient>;
  startWorker(name: string, env?: Record<string, string>): Promise<Child>;
  startApi(): Promise<Child>;
  get(path: string, key: string): Promise<Reply>;
  stop(): Promise<void>;
}

const PATIENT_DOOR = new URL('./patient-door.ts', import.meta.url).href;
const ADMIN_KEY = 'admin-key-of-the-test-house-0123456789';

export async function startHouse(options: HouseOptions): Promise<House> {
  const stores = await startStores(options);
  const [apiPort, simulatorPort] = [await freePort(), await freePort()];
  const url = `http://127.0.0.1:${apiPort}`;
  const simulator = `http://127.0.0.1:${simulatorPort}`;
  const env: Record<string, string> = {
    HOST: '127.0.0.1',
    PORT: String(apiPort),
    PUBLIC_URL: url,
    LOG_LEVEL: 'warn',
    REDIS_URL: stores.redisUrl,
    DATABASE_URL: stores.databaseUrl,
    ADMIN_API_KEY: ADMIN_KEY,
    CALLBACK_ALLOW_PRIVATE: 'true',
    PROVIDER_REGISTRY_URL: `${simulator}/registry`,
    ...QUICK,
    ...Object.fromEntries(
      Object.entries(options.env ?? {}).map(([name, value]) => [name, value.replaceAll('{simulator}', simulator)]),
    ),
  };
  const children = new Map<string, Child>();
  const startApi = async () =>
    await up(
      children,
      'api',
      startChild('api', { NODE_OPTIONS: `--import=${PATIENT_DOOR}`, ...env }),
      `${url}/health/ready`,
    );
  const startWorker = async (name: string, own: Record<string, string> = {}) => {
    const port = String(await freePort());
    const health = `http://127.0.0.1:${port}`;
    const child = { ...startChild('worker', { ...env, WORKER_HEALTH_PORT: port, ...own }), health };
    return await up(children, name, child, `${health}/health/ready`);
  };
  const startTown = async () => {
    const town = startChild('simulator', {
      HOST: '127.0.0.1',
      SIMULATOR_PORT: String(simulatorPort),
      SIMULATOR_PRODUCT_URL: url,
      ...options.simulator,
    });
    return await up(children, 'simulator', town, `${simulator}/_sim`);
  };
  const stop = async () => {
    await Promise.all([...children.values()].map((child) => child.stop()));
    await stores.stop();
  };
  try {
    const workers = (options.workers ?? [{}]).map((own, n) => startWorker(`worker-${n + 1}`, own));
    await Promise.all([startTown(), startApi(), ...workers]);
  } catch (error) {
    await stop();
    throw error;
  }
  const newClient = async (name: string): Promise<TestClient> => {
    const asAdmin = (path: string, body: unknown) => ask('POST', `${url}/v1/${path}`, { key: ADMIN_KEY, body });
    const client = await asAdmin('clients', { name });
    const key = await asAdmin(`clients/${client.json.id}/keys`, { scopes: ['read', 'write'] });
    if (key.status !== 201) throw new Error(`no client: ${client.status} ${client.text} / ${key.status} ${key.text}`);
    await ask('POST', `${simulator}/_sim/client/secrets`, { body: { secret: client.json.webhookSecret } });
    return { id: client.json.id, key: key.json.key, webhookSecret: client.json.webhookSecret };
  };
  const get = (path: string, key: string) => ask('GET', `${url}${path}`, { key });
  return { url, simulator, adminKey: ADMIN_KEY, ...stores, children, newClient, startWorker, startApi, get, stop };
}

async function up(children: Map<string, Child>, name: string, child: Child, health: string): Promise<Child> {
  children.set(name, child);
  await until(
    async () => {
      if (child.process.exitCode !== null) return true;
      return (await ask('GET', health)).status === 200;
    },
    { timeoutMs: 40_000, label: () => `${name} to be ready at ${health}; it said: ${child.said()}` },
  );
  if (child.process.exitCode !== null) throw new Error(`${name} ended with ${child.process.exitCode}: ${child.said()}`);
  return child;
}

interface Stores {
  readonly redis: Service | undefined;
  readonly postgres: Service | undefined;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly stop: () => Promise<void>;
}

async function startStores(options: HouseOptions): Promise<Stores> {
  if (options.ownServices) {
    const [redis, postgres] = await Promise.all([startRedis({ appendonly: true }), startPostgres({ throwaway: true })]);
    await options.migrate(postgres.url);
    const stop = async () => void (await Promise.all([redis.stop(), postgres.stop()]));
    return { redis, postgres, redisUrl: redis.url, databaseUrl: postgres.url, stop };
  }
  const [redis, database] = [await testRedis(), await testDatabase({ migrate: options.migrate })];
  return {
    redis: undefined,
    postgres: undefined,
    redisUrl: redis.url,
    databaseUrl: database.url,
    stop: () => database.drop(),
  };
}
