import { ElsewhereError, type Ticket } from '@countersign/flow';
import type { KindPlan } from '@countersign/kinds';
import { CALLBACK_MAX_BYTES, createCaller, openLimits, THIRD_PARTY_MAX_BYTES } from '@countersign/outbound';
import { callbackPolicy, createMetrics, type Closers, type Log, type Metrics } from '@countersign/process';
import { webhookToken } from '@countersign/providers';
import type { Context, Run } from '@countersign/queue';
import { visit, type House, type Outside } from '@countersign/steps';
import { openStore } from '@countersign/store';
import type { WorkerSettings } from './env.ts';
import { createHoldsBack } from './payouts/holds-back.ts';
import { createProviders } from './providers.ts';
import { createVisitMetrics } from './visit-metrics.ts';
import { createLetterbox, createWay } from './way-out.ts';

/** Makes visits: all that is needed behind a queue, in a sandbox, or behind an event. */
export interface Engine {
  readonly run: Run;
  readonly metrics: Metrics;
}

export interface EngineOptions extends WorkerSettings {
  readonly plans: readonly KindPlan[];
  readonly log: Log;
  readonly closers: Closers;
  /** Seen in PostgreSQL's list of connections. */
  readonly name: string;
  /** Every wait for somebody else than PostgreSQL goes through here; default: waits. */
  readonly outside?: Outside;
  /** Connections to PostgreSQL; default the environment's, else the store's own. */
  readonly poolSize?: number;
}

const USER_AGENT = 'countersign/0.1.0';
/** No honest visit takes so long: its calls have time-outs of their own. It ends what would hold a slot for ever. */
const VISIT_LIMIT_MS = 300_000;
/** The first looks after 200 and 10 ms are slept in the visit: BullMQ's delays are 50 ms late and cost 110 µs. */
const INLINE_WAIT_MS = 250;

/** Opens the house for the steps. Waits for neither PostgreSQL nor Redis: a visit made while they are away says so. */
export async function openEngine(options: EngineOptions): Promise<Engine> {
  const metrics = createMetrics({ ofProcess: false });
  const counts = createVisitMetrics(metrics);
  const house = await openHouse(options, counts);
  const run = async (ticket: Ticket, { holder, signal }: Context) => {
    const startedMs = performance.now();
    let outcome = 'error';
    try {
      const left = await withLimit(signal, async (limited) => await visit(await house(), ticket, holder, limited));
      outcome = left.type;
      return left;
    } finally {
      counts.visited(ticket.step, outcome, performance.now() - startedMs);
    }
  };
  return { run, metrics };
}

/** What a visit needs that has connections. */
async function openDoors({ own, log, closers, name, poolSize = own.DATABASE_POOL_SIZE }: EngineOptions) {
  const store = await closers.open(
    'store',
    () =>
      openStore({
        databaseUrl: own.DATABASE_URL,
        secretsKeys: own.SECRETS_KEY,
        applicationName: name,
        ...(poolSize === undefined ? {} : { poolSize }),
        onAway: (reason) => log.warn({ reason }, 'PostgreSQL is away: visits wait'),
        onBack: (awayMs) => log.info({ awayMs }, 'PostgreSQL is back'),
      }),
    (opened) => opened.close(),
  );
  const limits = await closers.open(
    'limits',
    () => openLimits({ redisUrl: own.REDIS_URL, prefix: 'countersign-limits' }),
    (opened) => opened.close(),
  );
  const caller = async (what: string, allowPrivate: boolean, maxBytes: number) =>
    await closers.open(
      what,
      () => createCaller({ userAgent: USER_AGENT, allowPrivate, maxBytes }),
      (opened) => opened.destroy(),
    );
  const outward = await caller('calls', true, THIRD_PARTY_MAX_BYTES);
  const guarded = await caller('callbacks', own.CALLBACK_ALLOW_PRIVATE, CALLBACK_MAX_BYTES);
  return { store, limits, outward, guarded };
}

async function openHouse(
  options: EngineOptions,
  counts: ReturnType<typeof createVisitMetrics>,
): Promise<() => House | Promise<House>> {
  const { own, providers, plans, outside = (wait) => wait() } = options;
  const byKind = new Map(plans.map((plan) => [plan.kind, plan]));
  const { store, limits, outward, guarded } = await openDoors(options);
  const queues = new Set(own.WORKER_QUEUES);
  const callbacks = callbackPolicy(own);
  const withoutSecret: Omit<House, 'webhookUrl'> = {
    cellar: counts.counting(store.cellar),
    letterbox: createLetterbox(limits, guarded, callbacks, outside),
    plan(kind) {
      const plan = byKind.get(kind);
      if (plan) return plan;
      throw new ElsewhereError(
        'UNKNOWN_KIND',
        `this worker has no plan for ${kind}; it has ${[...byKind.keys()].join(', ')}`,
      );
    },
    provider: createProviders(plans, providers, createWay(limits, outward, outside), counts.listening),
    serves: (step) => queues.has(step),
    holdsBack: createHoldsBack(store.leases, own.PAYOUT_IDLE_MS),
    callbacks,
    inlineWaitMs: INLINE_WAIT_MS,
    outside,
    random: Math.random,
    heard: counts.heard,
  };
  let house: House | undefined;
  // The secret lies in PostgreSQL, which may be away when we start: read by the first visit that can.
  const furnished = async (): Promise<House> => {
    const secret = await store.webhooks.tokenSecret();
    const webhookUrl = (provider: string, id: string): string =>
      `${own.PUBLIC_URL}/webhooks/${provider}/${webhookToken(secret, provider, id)}`;
    return (house = { ...withoutSecret, webhookUrl });
  };
  return () => house ?? furnished();
}

async function withLimit<T>(signal: AbortSignal, work: (signal: AbortSignal) => Promise<T>): Promise<T> {
  const limit = new AbortController();
  const abort = (): void => limit.abort(signal.reason);
  const timer = setTimeout(() => limit.abort(new Error(`a visit may take ${VISIT_LIMIT_MS} ms`)), VISIT_LIMIT_MS);
  signal.addEventListener('abort', abort, { once: true });
  if (signal.aborted) abort();
  try {
    return await work(limit.signal);
  } finally {
    clearTimeout(timer);
    signal.removeEventListener('abort', abort);
  }
}
