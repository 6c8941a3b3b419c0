import { spawn, type ChildProcess } from 'node:child_process';
import { fileURLToPath } from 'node:url';
import { done } from '@countersign/flow';
import { ownClock, testRedis, until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { consumerOn, onExit, producerOn, ready, stage, ticketOf } from './stage.ts';

test(
  'kill -9 of a worker process: its job runs elsewhere within 15 s, no attempt spent (L1, L3)',
  { timeout: 60_000 },
  async () => {
    const place = await testRedis();
    const producer = producerOn(place);
    await until(() => ready(producer));
    const toy = await startToy(place, { HANG: '1' });
    await producer.startFlow(ticketOf());
    // How long a process takes to start on a busy machine is nothing to be claimed.
    await until(() => toy.said.includes('"record"'), { timeoutMs: 30_000 });
    const seen: { step: string; attempt: number }[] = [];
    consumerOn(place, producer, (ticket, { attempt }) =>
      Promise.resolve((seen.push({ step: ticket.step, attempt }), done())),
    );
    toy.child.kill('SIGKILL');
    const clock = ownClock();
    const killedMs = clock();
    await until(() => seen.length === 2, { timeoutMs: 20_000 });
    expect(clock() - killedMs).toBeLessThan(15_000);
    expect(seen).toEqual([
      { step: 'record', attempt: 1 },
      { step: 'conclude', attempt: 1 },
    ]);
  },
);

test('closing waits for what runs, and not for ever (L5)', async () => {
  let finish: (() => void) | undefined;
  const { producer, consumer, steps } = await stage(async (ticket, { signal }) => {
    if (ticket.step === 'record') await new Promise<void>((resolve) => (finish = resolve));
    signal.throwIfAborted();
    return done();
  });
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => steps().length === 1);
  const closing = consumer.close(5_000);
  finish?.();
  expect(await closing).toBe(0);
});

test('a hung job is cancelled before the deadline, and handed back without an attempt', async () => {
  const { redis, producer, consumer, steps } = await stage(async (_ticket, { signal }) => {
    await new Promise((_, reject) => signal.addEventListener('abort', () => reject(new Error('cancelled'))));
    return done();
  });
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => steps().length === 1);
  const clock = ownClock();
  const startedMs = clock();
  expect(await consumer.close(2_500)).toBe(1);
  expect(clock() - startedMs).toBeLessThan(4_000);
  const again: number[] = [];
  consumerOn(redis, producer, (_ticket, { attempt }) => Promise.resolve((again.push(attempt), done())));
  // Sooner than whose worker is gone is found.
  await until(() => again.length === 2, { timeoutMs: 5_000 });
  expect(again).toEqual([1, 1]);
});

async function startToy(
  place: { url: string; prefix: string },
  env: Record<string, string>,
): Promise<{ child: ChildProcess; readonly said: string }> {
  const file = fileURLToPath(new URL('./toy-worker.ts', import.meta.url));
  const child = spawn(process.execPath, [file], {
    env: { ...process.env, REDIS_URL: place.url, PREFIX: place.prefix, ...env },
    stdio: ['ignore', 'pipe', 'inherit'],
  });
  onExit(() => child.kill('SIGKILL'));
  let said = '';
  child.stdout?.on('data', (chunk: Buffer) => (said += chunk.toString()));
  await Promise.resolve();
  return {
    child,
    get said() {
      return said;
    },
  };
}
