import { parseTraceparent } from '@countersign/process';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { openStage } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>> | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

for (const sandbox of ['shared', 'exclusive', 'none']) {
  test(`a transaction walks from acceptance to callback: sandbox ${sandbox}`, { timeout: 60_000 }, async () => {
    stage = await openStage({ WORKER_SANDBOX: sandbox });
    const { accept, startWorker, settled, registry, client } = stage;
    await startWorker();
    const ticket = await accept();
    expect(await settled(ticket.id, 30_000)).toMatchObject({ status: 'COMPLETED' });
    await until(() => client.heard.length === 1);
    expect(client.heard[0]).toMatchObject({ type: 'transaction.completed', id: ticket.id });
    expect(registry.told.get(ticket.id)).toBe(1);
    // One trace from the acceptance to both third parties.
    const traces = [...registry.calls, ...client.heard].map(
      ({ traceparent }) => parseTraceparent(traceparent)?.traceId,
    );
    expect(new Set(traces)).toEqual(new Set([parseTraceparent(ticket.traceparent)?.traceId]));
  });
}

test.each([
  ['shared', 1],
  ['exclusive', 3],
  ['none', 0],
])(
  'WORKER_SANDBOX=%s: three jobs that wait for a slow third party are in %i processes beside the worker',
  { timeout: 60_000 },
  async (sandbox, processes) => {
    stage = await openStage({ WORKER_SANDBOX: sandbox, WORKER_SANDBOXES: '1', PROVIDER_REGISTRY_TIMEOUT_MS: '60000' });
    const { accept, startWorker, registry } = stage;
    registry.hold();
    const worker = await startWorker();
    await Promise.all(Array.from({ length: 3 }, () => accept()));
    await until(() => new Set(registry.calls.map(({ id }) => id)).size === 3, { timeoutMs: 30_000 });
    expect(await worker.sandboxes()).toHaveLength(processes);
  },
);

test(
  'WORKER_QUEUES: what a worker does not serve waits for one that does; three share a walk',
  { timeout: 60_000 },
  async () => {
    stage = await openStage();
    const { accept, find, startWorker, settled, registry, client, producer } = stage;
    registry.settlesAfterLooks = 1;
    await startWorker({ WORKER_QUEUES: 'record,register,settle' });
    const { id } = await accept();
    const waits = async (step: 'poll' | 'conclude') => (await producer.backlog())[step].waiting === 1;
    await until(async () => await waits('poll'), { label: 'the poll to wait for its worker' });
    expect(registry.told.get(id)).toBe(1);
    await startWorker({ WORKER_QUEUES: 'poll' });
    await until(async () => await waits('conclude'), { label: 'the conclusion to wait for its worker' });
    expect((await find(id))?.status).toBe('PROCESSING');
    await startWorker({ WORKER_QUEUES: 'conclude,notify' });
    expect(await settled(id)).toMatchObject({ status: 'COMPLETED' });
    await until(() => client.heard.some(({ type }) => type === 'transaction.completed'));
    expect(registry.told.get(id)).toBe(1);
  },
);

test(
  'rows the door could not enqueue are dispatched; a lost ticket is found by the sweep; Redis emptied loses nothing',
  { timeout: 90_000 },
  async () => {
    stage = await openStage();
    const { accept, startWorker, settled, registry, producer } = stage;
    await producer.remembers();
    await startWorker();
    const undispatched = await accept({ enqueue: false });
    await settled(undispatched.id);
    // Redis is emptied while a hundred are on their way.
    const goOn = registry.hold();
    registry.settlesAfterLooks = 3;
    const many = await Promise.all(Array.from({ length: 100 }, () => accept()));
    await until(() => many.some(({ id }) => registry.told.get(id) === 1), { label: 'the first to be told' });
    const { Redis } = await import('ioredis');
    const redis = new Redis(stage.settings.REDIS_URL ?? '');
    await redis.flushdb();
    redis.disconnect();
    goOn();
    for (const { id } of many) await settled(id, 60_000);
    expect(many.every(({ id }) => registry.told.get(id) === 1)).toBe(true);
  },
);

test(
  'metrics tell of queues, sandboxes, calls and visits; health names each dependency',
  { timeout: 60_000 },
  async () => {
    stage = await openStage({ WORKER_SANDBOXES: '1' });
    const { accept, startWorker, settled, client } = stage;
    const worker = await startWorker();
    await settled((await accept()).id);
    await until(() => client.heard.length === 1);
    const lines = [
      'countersign_provider_calls_total{provider="registry",what="tell",outcome="done"} 1',
      'countersign_submissions_settled_total{kind="transaction",status="COMPLETED"} 1',
      'countersign_queue_jobs{queue="record",state="waiting"} 0',
      'countersign_sandboxes{ward="shared",figure="ready"} 1',
      'countersign_queue_oldest_seconds{queue="record"} 0',
      'countersign_visits_total{step="record",outcome="done"} 1',
      'countersign_visit_seconds_count{step="record"} 1',
      'countersign_provider_call_seconds_count{provider="registry",what="tell"} 1',
      'countersign_callbacks_total{outcome="delivered"}',
      'nodejs_eventloop_lag_seconds',
      'countersign_dead_letters 0',
      'countersign_crowd_visits{state="in_line"} 0',
    ];
    // The client hears a moment before the visit that told it ends and is counted; a sandbox may be late with its figures.
    await until(
      async () => {
        const metrics = await (await fetch(`${worker.health}/metrics`)).text();
        for (const line of lines) expect(metrics).toContain(line);
        return true;
      },
      { everyMs: 100, label: 'every line' },
    );
    const ready = (await (await fetch(`${worker.health}/health/ready`)).json()) as { dependencies: object };
    expect(Object.keys(ready.dependencies)).toEqual(['postgres', 'redis', 'queues', 'sandboxes']);
    expect((await fetch(`${worker.health}/nothing`)).status).toBe(404);
  },
);
