import { isAlive } from '@countersign/devservices';
import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { openStage } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>> | undefined;
afterEach(async () => {
  await stage?.close();
  stage = undefined;
});

test('kill -9 of a worker during a call: another resumes within 15 s, told once', { timeout: 60_000 }, async () => {
  stage = await openStage({ PROVIDER_REGISTRY_TIMEOUT_MS: '1000' });
  const { accept, startWorker, settled, registry } = stage;
  const first = await startWorker();
  const goOn = registry.hold();
  const ticket = await accept();
  await until(() => registry.told.get(ticket.id) === 1);
  await startWorker();
  const killedMs = performance.now();
  await first.stop('SIGKILL');
  goOn();
  expect(await settled(ticket.id, 20_000)).toMatchObject({ status: 'COMPLETED' });
  expect(performance.now() - killedMs).toBeLessThan(15_000);
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
  stage = await openStage({ PROVIDER_REGISTRY_TIMEOUT_MS: '1000' });
  const { accept, startWorker, settled, registry } = stage;
  const worker = await startWorker();
  const goOn = registry.hold();
  const tickets = await Promise.all(Array.from({ length: 40 }, () => accept()));
  await until(() => registry.told.size === 40);
  const [sandbox] = await worker.sandboxes();
  process.kill(sandbox ?? 0, 'SIGKILL');
  goOn();
  const killedMs = performance.now();
  for (const { id } of tickets) expect(await settled(id, 15_000)).toMatchObject({ status: 'COMPLETED' });
  expect(performance.now() - killedMs).toBeLessThan(15_000);
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
