import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { builtProgram, migrateBuilt, until } from '@countersign/testkit';
import { environmentOf } from '../settings.ts';
import { openCaller, type Caller } from './http.ts';
import { startMember, type Member } from './member.ts';
import { openLink, type Link } from './proxy.ts';
import type { Release } from './release.ts';
import { steadyPort } from './steady-port.ts';
import { startTown } from './town.ts';
import { ownPostgres, ownRedis, type OwnPostgres, type OwnRedis, type Store } from './stores.ts';

/** The product as deployed, with everything the harness can break. */
export interface Stage {
  readonly apis: readonly (Member & { readonly url: string })[];
  readonly workers: readonly (Member & { readonly healthUrl: string })[];
  readonly callers: readonly Caller[];
  /** undefined: the store was given by its URL and cannot be killed. */
  readonly redis: OwnRedis | undefined;
  readonly postgres: OwnPostgres | undefined;
  readonly redisUrl: string;
  readonly databaseUrl: string;
  readonly links: Readonly<Record<LinkName | ClientLinkName, Link>>;
  readonly simulatorUrl: string;
  /** The builds its processes may run; they start with the first, the last is this checkout's. */
  readonly releases: readonly Release[];
  /** Brings the database to the schema of this checkout. */
  migrate(): Promise<void>;
  /** The process ids to count the processors' use by. */
  roots(): Readonly<Record<string, number>>;
  close(): Promise<void>;
}

export const LINK_NAMES = [
  'api-redis',
  'api-postgres',
  'worker-redis',
  'worker-postgres',
  'third-parties',
  'webhooks',
  'letterbox',
] as const;
/** `third-parties`: worker to all of them. `webhooks`: third parties to API. `letterbox`: worker to the client. */
export type LinkName = (typeof LINK_NAMES)[number];

/** Between the clients and each API. */
export const CLIENT_LINK_NAMES = ['clients-api-1', 'clients-api-2'] as const;
export type ClientLinkName = (typeof CLIENT_LINK_NAMES)[number];

/** Starts stores, links, simulator, two APIs and two workers. `sinkPort`: where callbacks are received. */
export async function startStage(
  releases: readonly [Release, ...Release[]],
  dataDir: string,
  seed: number,
  sinkPort: number,
): Promise<Stage> {
  const [release] = releases;
  const own = releases[releases.length - 1] ?? release;
  const { REDIS_URL, DATABASE_URL } = process.env;
  mkdirSync(dataDir, { recursive: true });
  const redis = REDIS_URL ? undefined : await ownRedis(join(dataDir, 'redis'));
  const postgres = DATABASE_URL ? undefined : await ownPostgres(join(dataDir, 'postgres'));
  const redisUrl = redis?.url ?? REDIS_URL ?? '';
  const databaseUrl = postgres?.url ?? DATABASE_URL ?? '';
  const [simulatorPort, ...apiPorts] = [await steadyPort(), await steadyPort(), await steadyPort()];
  const links = await openLinks(portOf(redisUrl), portOf(databaseUrl), simulatorPort, apiPorts, sinkPort);
  const simulator = await startTown(own, dataDir, seed, simulatorPort, links.webhooks.port);
  const env = (who: 'api' | 'worker'): NodeJS.ProcessEnv =>
    environmentOf({
      redisUrl,
      databaseUrl,
      redisPort: links[`${who}-redis`].port,
      postgresPort: links[`${who}-postgres`].port,
      thirdPartyPort: links['third-parties'].port,
      parties: simulator.parties,
      frontPort: links.webhooks.port,
    });
  await migrateBuilt(release.root, env('api'));
  const { apis, workers } = await startMembers(release, dataDir, apiPorts, env);
  const callers = apis.map(({ name }, n) =>
    openCaller(name, `http://127.0.0.1:${links[CLIENT_LINK_NAMES[n] ?? 'clients-api-1'].port}`),
  );
  const stage: Stage = {
    apis,
    workers,
    callers,
    redis,
    postgres,
    redisUrl,
    databaseUrl,
    links,
    simulatorUrl: simulator.url,
    releases,
    migrate: () => migrateBuilt(own.root, env('api')),
    roots: () => rootsOf([...apis, ...workers, simulator.member], redis, postgres),
    async close() {
      for (const link of Object.values(links)) link.heal();
      await Promise.all([...apis, ...workers].map((one) => one.close()));
      await Promise.all([...callers.map((one) => one.close()), simulator.member.close()]);
      await Promise.all([...Object.values(links).map((link) => link.close()), redis?.close(), postgres?.close()]);
    },
  };
  return await whenReady(stage, dataDir);
}

async function startMembers(
  release: Release,
  dataDir: string,
  apiPorts: readonly number[],
  envOf: (who: 'api' | 'worker') => NodeJS.ProcessEnv,
): Promise<Pick<Stage, 'apis' | 'workers'>> {
  const start = (name: string, app: 'api' | 'worker', own: NodeJS.ProcessEnv): Member =>
    startMember({
      name,
      program: ({ root }) => builtProgram(root, app),
      release,
      env: { ...envOf(app), ...own },
      logFile: join(dataDir, `${name}.log`),
    });
  const healthPorts = [await steadyPort(), await steadyPort()];
  return {
    apis: apiPorts.map((port, n) =>
      Object.assign(start(`api-${n + 1}`, 'api', { PORT: String(port) }), { url: `http://127.0.0.1:${port}` }),
    ),
    workers: healthPorts.map((port, n) =>
      Object.assign(start(`worker-${n + 1}`, 'worker', { WORKER_HEALTH_PORT: String(port) }), {
        healthUrl: `http://127.0.0.1:${port}`,
      }),
    ),
  };
}

/** @throws when one of them is not ready within a minute; then all of it is closed. */
async function whenReady(stage: Stage, dataDir: string): Promise<Stage> {
  try {
    const healthUrls = [...stage.apis.map(({ url }) => url), ...stage.workers.map(({ healthUrl }) => healthUrl)];
    await Promise.all(
      healthUrls.map((url) =>
        until(async () => (await fetch(`${url}/health/ready`)).ok, {
          timeoutMs: 60_000,
          label: `${url} to be ready (logs in ${dataDir})`,
        }),
      ),
    );
  } catch (error) {
    await stage.close();
    throw error;
  }
  return stage;
}

function rootsOf(
  members: readonly Member[],
  redis: Store | undefined,
  postgres: Store | undefined,
): Record<string, number> {
  const stores = { redis: redis?.pids()[0] ?? 0, postgres: postgres?.pids()[0] ?? 0 };
  return { ...Object.fromEntries(members.map((one) => [one.name, one.pid()])), ...stores, harness: process.pid };
}

async function openLinks(
  redis: number,
  postgres: number,
  simulator: number,
  apis: readonly number[],
  sink: number,
): Promise<Record<LinkName | ClientLinkName, Link>> {
  const targets: Record<LinkName | ClientLinkName, readonly number[]> = {
    'clients-api-1': apis.slice(0, 1),
    'clients-api-2': apis.slice(1),
    'api-redis': [redis],
    'api-postgres': [postgres],
    'worker-redis': [redis],
    'worker-postgres': [postgres],
    'third-parties': [simulator],
    webhooks: apis,
    letterbox: [sink],
  };
  const open = await Promise.all(
    [...LINK_NAMES, ...CLIENT_LINK_NAMES].map(async (name) => [name, await openLink(name, targets[name])] as const),
  );
  // Exactly the names just mapped.
  return Object.fromEntries(open) as Record<LinkName | ClientLinkName, Link>;
}

function portOf(url: string): number {
  const { port, protocol } = new URL(url);
  return port === '' ? (protocol.startsWith('redis') ? 6_379 : 5_432) : Number(port);
}
