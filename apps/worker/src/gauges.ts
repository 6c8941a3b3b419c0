import { STEPS } from '@countersign/flow';
import type { Metrics } from '@countersign/process';
import type { Backlog, JobEvent, Producer } from '@countersign/queue';
import type { Store } from '@countersign/store';
import { fresh } from './fresh.ts';
import type { Pool } from './sandbox-pool/pool.ts';

/** What the main process knows: queues, PostgreSQL's backlog, sandboxes. Returns what the consumer tells its events to. */
export function addGauges(
  metrics: Metrics,
  {
    producer,
    store,
    pool,
  }: { producer: Pick<Producer, 'backlog'>; store: Pick<Store, 'gauges'>; pool: Pick<Pool, 'counts'> | undefined },
): (event: JobEvent, step: string) => void {
  const backlog = fresh(async () => await producer.backlog());
  const depth = metrics.gauge('countersign_queue_jobs', 'Jobs in a queue by state', ['queue', 'state'], async () => {
    const depths: Backlog | undefined = await backlog();
    depth.reset();
    if (!depths) return;
    for (const step of STEPS) {
      const { oldestMs: _age, ...states } = depths[step];
      for (const [state, jobs] of Object.entries(states)) depth.set({ queue: step, state }, jobs);
    }
  });
  const age = metrics.gauge(
    'countersign_queue_oldest_seconds',
    'How long the job to be taken next has waited',
    ['queue'],
    async () => {
      const depths = await backlog();
      age.reset();
      if (depths) for (const step of STEPS) age.set({ queue: step }, depths[step].oldestMs / 1000);
    },
  );
  addBooks(metrics, store);
  if (pool) addSandboxes(metrics, pool);
  const events = metrics.counter('countersign_jobs_total', 'What became of jobs', ['queue', 'event']);
  return (event, step) => events.inc({ queue: step, event });
}

function addBooks(metrics: Metrics, store: Pick<Store, 'gauges'>): void {
  const books = fresh(async () => await store.gauges());
  const gauge = (name: string, help: string, of: (figures: Awaited<ReturnType<Store['gauges']>>) => number): void => {
    metrics.gauge(name, help, [], async (own) => {
      const figures = await books();
      if (figures) own.set(of(figures));
    });
  };
  gauge(
    'countersign_undispatched',
    'Submissions in PostgreSQL that wait for room in the queues',
    (g) => g.undispatched,
  );
  gauge(
    'countersign_undispatched_oldest_seconds',
    'How long the oldest of them has waited',
    (g) => g.oldestUndispatchedMs / 1000,
  );
  gauge('countersign_unfinished', 'Submissions that have no end yet', (g) => g.unfinished);
  gauge(
    'countersign_overdue_seconds',
    'How long the most overdue submission is overdue',
    (g) => g.oldestOverdueMs / 1000,
  );
  gauge('countersign_dead_letters', 'Dead letters that wait for somebody', (g) => g.deadLetters);
  gauge('countersign_callbacks_waiting', 'Callbacks not delivered yet', (g) => g.callbacksWaiting);
}

function addSandboxes(metrics: Metrics, pool: Pick<Pool, 'counts'>): void {
  const figures = ['processes', 'ready', 'running', 'waiting', 'died', 'rssBytes'] as const;
  const sandboxes = metrics.gauge(
    'countersign_sandboxes',
    'Sandboxes: processes, jobs in them and before them, deaths, memory',
    ['ward', 'figure'],
    () => {
      for (const [ward, counts] of Object.entries(pool.counts())) {
        for (const figure of figures) sandboxes.set({ ward, figure }, counts[figure]);
      }
    },
  );
}
