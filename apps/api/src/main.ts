import { discoverContracts } from '@countersign/kinds';
import { createArchiveReader, openObjectStore } from '@countersign/archive';
import {
  archiveLocation,
  createClosers,
  createLog,
  createMetrics,
  envOrExit,
  secretsWarning,
} from '@countersign/process';
import { createProducer } from '@countersign/queue';
import { openStore } from '@countersign/store';
import { buildApp } from './app.ts';
import { createAuthenticate } from './auth/authenticate.ts';
import { createOidc } from './auth/oidc.ts';
import { openCounterRedis } from './counter-redis.ts';
import { readApiEnv } from './env.ts';
import { createCorridor } from './intake/corridor.ts';
import { createSharedCounter } from './intake/shared-counter.ts';
import { createLimits } from './plugins/limits.ts';
import { openTown } from './town.ts';

/** In-flight requests are finished within this after SIGTERM; orchestrators kill after 15 to 30 s. */
const FINISH_WITHIN_MS = 10_000;

const contracts = await discoverContracts();
const { own: env, providers } = envOrExit(readApiEnv(process.env, contracts));
const log = createLog({ level: env.LOG_LEVEL, name: 'api' });
const closers = createClosers(log);
const plain = secretsWarning(env.SECRETS_KEY);
if (plain !== undefined) log.warn(plain);
const metrics = createMetrics({ ofProcess: true });

const location = archiveLocation(env);
const archive = await closers.open(
  'archive',
  () => createArchiveReader(location),
  (opened) => opened.close(),
);
const shared = metrics.histogram(
  'countersign_intake_batch_rows',
  'Requests that shared a commit',
  [],
  [1, 2, 5, 10, 20, 50, 100, 200, 500],
);
let objects: ReturnType<typeof openObjectStore> | undefined;

const store = await closers.open(
  'store',
  () =>
    openStore({
      databaseUrl: env.DATABASE_URL,
      secretsKeys: env.SECRETS_KEY,
      applicationName: 'countersign-api',
      archive,
      onAccepted: (rows) => shared.observe(rows),
      ...(env.DATABASE_POOL_SIZE === undefined ? {} : { poolSize: env.DATABASE_POOL_SIZE }),
      onAway: (reason) => log.error({ reason }, 'PostgreSQL is away: answering 503 until it is back'),
      onBack: (awayMs) => log.info({ awayMs }, 'PostgreSQL is back'),
    }),
  (opened) => opened.close(),
);
const producer = await closers.open(
  'queues',
  () => createProducer({ redisUrl: env.REDIS_URL, log }),
  (opened) => opened.close(),
);
const counterRedis = await closers.open(
  'rate limits',
  () => openCounterRedis(env.REDIS_URL),
  (opened) => opened.close(),
);
const counter = await closers.open(
  'counter',
  () => createSharedCounter(counterRedis.redis),
  (opened) => opened.close(),
);
const corridor = await closers.open(
  'corridor',
  () => createCorridor({ producer, intake: store.intake, log }),
  (opened) => opened.drain(3_000),
);
const town = await closers.open(
  'third parties',
  () => openTown(env.REDIS_URL, providers, 'countersign/0.1.0'),
  (opened) => opened.close(),
);
const oidc =
  env.OIDC_ISSUER !== undefined && env.OIDC_AUDIENCE !== undefined
    ? createOidc({ issuer: env.OIDC_ISSUER, audience: env.OIDC_AUDIENCE, clients: store.clients })
    : undefined;

const app = await closers.open(
  'http',
  () =>
    buildApp({
      contracts,
      store,
      producer,
      corridor,
      authenticate: createAuthenticate({ clients: store.clients, adminKey: env.ADMIN_API_KEY, oidc }),
      limits: createLimits(counter, {
        ratePerSecond: env.RATE_LIMIT_PER_SECOND,
        authFailuresPerMinute: env.AUTH_FAILURES_PER_MINUTE,
      }),
      town,
      objects: () => (objects ??= openObjectStore(location)),
      log,
      metrics,
      settings: {
        publicUrl: env.PUBLIC_URL,
        corsOrigins: env.CORS_ORIGINS,
        trustProxy: env.TRUST_PROXY,
        allowPrivateCallbacks: env.CALLBACK_ALLOW_PRIVATE,
        providers: Object.values(providers).flatMap(({ name, url }) => (url === undefined ? [] : [name])),
        webhookSettings: Object.fromEntries(
          Object.entries(providers).map(([name, { webhookSecret, webhookPublicKey, clientId }]) => [
            name,
            { secret: webhookSecret, publicKey: webhookPublicKey, clientId },
          ]),
        ),
      },
    }),
  (opened) => opened.close(),
  FINISH_WITHIN_MS,
);

let closing = false;
const stop = (signal: NodeJS.Signals): void => {
  if (closing) return;
  closing = true;
  log.info({ signal }, 'closing: requests in flight are finished');
  void closers.closeAll().then((trouble) => process.exit(trouble.length === 0 ? 0 : 1));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

const address = await app.listen({ port: env.PORT, host: env.HOST });
log.info({ address }, 'the door is open');
