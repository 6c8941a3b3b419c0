import { discoverPlans } from '@countersign/kinds';
import { createClosers, createLog, createMetrics, envOrExit, EXIT_CONFIG, secretsWarning } from '@countersign/process';
import { createConsumer, createProducer } from '@countersign/queue';
import { openStore } from '@countersign/store';
import { openDailyArchive } from './archive/open.ts';
import { dispatch } from './dispatcher.ts';
import { makeDays } from './days.ts';
import { openEngine } from './engine.ts';
import { concurrencyOf, readWorkerEnv } from './env.ts';
import { addGauges } from './gauges.ts';
import { openHealth } from './health.ts';
import { openPayoutRooms } from './payouts/open.ts';
import { purge } from './purge.ts';
import { createRounds } from './rounds.ts';
import { createPool } from './sandbox-pool/pool.ts';
import { keepTellingSenders } from './senders.ts';
import { keepWatch } from './watch.ts';

/** SIGTERM: what runs may end within this; then it is cancelled, and another worker takes it up. Orchestrators kill after 15 to 30 s. */
const DRAIN_MS = 10_000;
/** A round that finds another worker leading, or PostgreSQL away, is made up for a minute later. */
const DAYS_EVERY_MS = 60_000;
const DEAF_AFTER_MS = 30_000;
const SANDBOX_FILE = new URL(import.meta.url.endsWith('.ts') ? './sandbox.ts' : './sandbox.js', import.meta.url);

const plans = await discoverPlans();
const settings = envOrExit(readWorkerEnv(process.env, plans));
const { own } = settings;
const log = createLog({ level: own.LOG_LEVEL, name: 'worker' });
const metrics = createMetrics({ ofProcess: true });
const closers = createClosers(log);
const plain = secretsWarning(own.SECRETS_KEY);
if (plain !== undefined) log.warn(plain);

let closing = false;
const stop = (signal: NodeJS.Signals): void => {
  if (closing) return;
  closing = true;
  log.info({ signal, drainMs: DRAIN_MS }, 'closing: what runs is finished');
  void closers.closeAll().then((trouble) => process.exit(trouble.length === 0 ? 0 : 1));
};
process.on('SIGTERM', stop);
process.on('SIGINT', stop);

// The main process asks PostgreSQL for the agenda only; visits have their own connections.
const store = await closers.open(
  'store',
  () => openStore({ databaseUrl: own.DATABASE_URL, applicationName: 'countersign-worker', poolSize: 2 }),
  (opened) => opened.close(),
);
const producer = await closers.open(
  'queues',
  () => createProducer({ redisUrl: own.REDIS_URL, log }),
  (opened) => opened.close(),
);
const eviction = await producer.evictionProblem().catch(() => undefined);
if (eviction !== undefined) {
  log.fatal(eviction);
  process.exit(EXIT_CONFIG);
}
const pool =
  own.WORKER_SANDBOX === 'shared'
    ? await closers.open(
        'sandboxes',
        () =>
          createPool({
            file: SANDBOX_FILE,
            env: process.env,
            maxRssBytes: own.WORKER_SANDBOX_MAX_MB * 1024 * 1024,
            ...(own.WORKER_SANDBOXES === undefined ? {} : { processes: own.WORKER_SANDBOXES }),
            log,
          }),
        (opened) => opened.close(),
      )
    : undefined;
const engine =
  own.WORKER_SANDBOX === 'none'
    ? await openEngine({ ...settings, plans, log, closers, name: 'countersign-visits' })
    : undefined;

if (pool) await keepTellingSenders({ store, pool, log, closers });

const leader = await closers.open(
  'lead',
  () => store.leader('worker'),
  (opened) => opened.close(),
);
const leads = (): boolean => leader.leads();
const rounds = { leads, log };
await closers.open(
  'dispatcher',
  () => createRounds('dispatch', { ...rounds, everyMs: 100, round: () => dispatch(store.agenda, producer, log) }),
  (opened) => opened.close(),
);
await closers.open(
  'days',
  () => createRounds('days', { ...rounds, everyMs: DAYS_EVERY_MS, round: () => makeDays(store.days, log) }),
  (opened) => opened.close(),
);
await closers.open(
  'watch',
  () => createRounds('watch', { ...rounds, everyMs: 1_000, round: () => keepWatch(store, producer, log) }),
  (opened) => opened.close(),
);
await closers.open(
  'purge',
  () => createRounds('purge', { ...rounds, everyMs: 60_000, round: () => purge(store, log) }),
  (opened) => opened.close(),
);

await openDailyArchive({ ...rounds, store, afterDays: own.ARCHIVE_AFTER_DAYS, env: process.env, metrics, closers });

const onEvent = addGauges(metrics, { producer, store, pool });
const consumer = await closers.open(
  'jobs',
  () =>
    createConsumer({
      redisUrl: own.REDIS_URL,
      queues: own.WORKER_QUEUES,
      concurrency: concurrencyOf(own),
      run: pool?.run ?? engine?.run ?? SANDBOX_FILE,
      producer,
      log,
      onEvent,
    }),
  (opened) => opened.close(DRAIN_MS),
  DRAIN_MS + 1_000,
);

await openPayoutRooms({ own, bank: settings.providers.bank, store, producer, log, closers, metrics });

if (own.WORKER_HEALTH_PORT !== undefined) {
  const health = await closers.open(
    'health',
    () =>
      openHealth({
        host: own.HOST,
        port: own.WORKER_HEALTH_PORT ?? 0,
        checks: {
          postgres: () => store.ping(),
          redis: () => producer.ping(),
          queues: checkQueues,
          ...(pool ? { sandboxes: async () => assert(pool.counts().shared.ready > 0, 'no sandbox is up') } : {}),
        },
        metrics: async () =>
          await metrics.text([...((await pool?.metrics()) ?? []), ...(engine ? [await engine.metrics.json()] : [])]),
        metricsType: metrics.contentType,
      }),
    (opened) => opened.close(),
  );
  log.info({ port: health.port }, 'health and metrics are served');
}
log.info(
  { queues: own.WORKER_QUEUES, sandbox: own.WORKER_SANDBOX, concurrency: concurrencyOf(own) },
  'the engine room is at work',
);

/** Alive but deaf is a known fate after trouble with Redis: work waits, nothing runs here, and no error says why. */
async function checkQueues(): Promise<void> {
  assert(consumer.isRunning(), 'a queue loop has stopped');
  const backlog = await producer.backlog();
  const deaf = own.WORKER_QUEUES.find((step) => backlog[step].waiting > 0 && backlog[step].oldestMs > DEAF_AFTER_MS);
  assert(deaf === undefined || consumer.active() > 0, `jobs wait in ${deaf ?? ''} and none is taken`);
}

function assert(holds: boolean, otherwise: string): void {
  if (!holds) throw new Error(otherwise);
}
