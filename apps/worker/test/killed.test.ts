import { isAlive } from '@countersign/devservices';
import type { Submission } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { openStage, type WorkerProcess } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>> | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

test('kill -9 of a worker during a call: another resumes within 15 s, told once', { timeout: 60_000 }, async () => {
  // Nobody takes up a call that may still be on its way: it is short. Both are up before it, or it were over before the kill.
  stage = await openStage({ PROVIDER_REGISTRY_TIMEOUT_MS: '3000' });
  const { accept, startWorker, settled, registry } = stage;
  const workers = await Promise.all([startWorker(), startWorker()]);
  const goOn = registry.hold();
  const ticket = await accept();
  await until(() => registry.told.get(ticket.id) === 1);
  const runs = async ({ health }: WorkerProcess): Promise<boolean> =>
    (await (await fetch(`${health}/metrics`)).text()).includes('{ward="shared",figure="running"} 1');
  const caller = await until(async () => workers[(await Promise.all(workers.map(runs))).indexOf(true)]);
  await caller.stop('SIGKILL');
  goOn();
  expect(await settled(ticket.id, 15_000)).toMatchObject({ status: 'COMPLETED' });
  expect(registry.told.get(ticket.id)).toBe(1);
});

test.each(['shared', 'exclusive'])(
  'kill -9 of a worker leaves none of its %s sandboxes behind',
  { timeout: 60_000 },
  async (sandbox) => {
    stage = await openStage();
    const { accept, startWorker, registry } = stage;
    const worker = await startWorker({ WORKER_SANDBOX: sandbox });
    registry.hold();
    const { id } = await accept();
    await until(() => registry.told.get(id) === 1);
    const sandboxes = await worker.sandboxes();
    expect(sandboxes.length).toBeGreaterThan(0);
    await worker.stop('SIGKILL');
    await until(() => sandboxes.every((pid) => !isAlive(pid)), { label: 'its sandboxes to end' });
  },
);

test('kill -9 of a sandbox during a call: resumed within 15 s, told once', { timeout: 60_000 }, async () => {
  stage = await openStage({ PROVIDER_REGISTRY_TIMEOUT_MS: '2000' });
  const { accept, find, startWorker, registry } = stage;
  const worker = await startWorker();
  const goOn = registry.hold();
  const tickets = await Promise.all(Array.from({ length: 40 }, () => accept()));
  await until(() => registry.told.size === 40);
  const [sandbox] = await worker.sandboxes();
  process.kill(sandbox ?? 0, 'SIGKILL');
  goOn();
  const isOver = (one: Submission | undefined) => one !== undefined && one.settledAt !== null;
  const ends = await until(
    async () => {
      const found = await Promise.all(tickets.map(({ id }) => find(id)));
      return found.every(isOver) && found;
    },
    { timeoutMs: 15_000, everyMs: 100, label: () => `all to settle; the worker said ${worker.said()}` },
  );
  expect(new Set(ends.map((end) => end?.status))).toEqual(new Set(['COMPLETED']));
  expect([...registry.told.values()].every((times) => times === 1)).toBe(true);
});

test(
  'SIGTERM under load: what runs ends, exit 0, the rest is done by the next worker',
  { timeout: 60_000 },
  async () => {
    stage = await openStage();
    const { accept, startWorker, settled, registry } = stage;
    registry.delayMs = 200;
    const first = await startWorker({ WORKER_CONCURRENCY: '10' });
    const tickets = await Promise.all(Array.from({ length: 60 }, () => accept()));
    await until(() => registry.told.size > 5);
    const startedMs = performance.now();
    expect(await first.stop('SIGTERM')).toBe(0);
    expect(performance.now() - startedMs).toBeLessThan(10_000);
    await startWorker();
    for (const { id } of tickets) expect(await settled(id, 30_000)).toMatchObject({ status: 'COMPLETED' });
    expect([...registry.told.values()].every((times) => times === 1)).toBe(true);
  },
);
