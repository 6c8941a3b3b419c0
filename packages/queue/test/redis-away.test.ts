import { done } from '@countersign/flow';
import { freePort, startRedis } from '@countersign/devservices';
import { ownClock, until } from '@countersign/testkit';
import { mkdtemp, rm } from 'node:fs/promises';
import { createServer, connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { Redis } from 'ioredis';
import { expect, test } from 'vitest';
import { consumerOn, onExit, producerOn, ready, ticketOf } from './stage.ts';

test('Redis away at the start: adding is refused within 100 ms, and goes on by itself when Redis comes (R1)', async () => {
  const port = await freePort();
  const producer = producerOn({ url: `redis://127.0.0.1:${port}` });
  const clock = ownClock();
  const startedMs = clock();
  await expect(producer.startFlow(ticketOf())).rejects.toMatchObject({ name: 'QueueAway' });
  await expect(producer.remind([ticketOf()])).rejects.toMatchObject({ name: 'QueueAway' });
  expect(clock() - startedMs).toBeLessThan(100);
  expect(producer.room()).toBe(0);
  const redis = await startRedis({ port });
  onExit(() => redis.stop());
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  expect((await producer.backlog()).record.waiting).toBe(1);
});

test('Redis restarted under load: adding fails fast meanwhile, the consumer goes on within 5 s of its return', async () => {
  const dataDir = await mkdtemp(join(tmpdir(), 'countersign-queue-'));
  onExit(() => rm(dataDir, { recursive: true, force: true }));
  const port = await freePort();
  let redis = await startRedis({ port, dataDir });
  onExit(() => redis.stop());
  const producer = producerOn({ url: redis.url });
  const ran = new Set<string>();
  consumerOn({ url: redis.url }, producer, (ticket) =>
    Promise.resolve((ran.add(`${ticket.step} ${ticket.id}`), done())),
  );
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => ran.size === 2);
  await redis.stop();
  const clock = ownClock();
  const startedMs = clock();
  await expect(producer.startFlow(ticketOf())).rejects.toMatchObject({ name: 'QueueAway' });
  expect(clock() - startedMs).toBeLessThan(100);
  redis = await startRedis({ port, dataDir });
  const backMs = clock();
  await until(() => ready(producer));
  await producer.startFlow(ticketOf());
  await until(() => ran.size === 4);
  expect(clock() - backMs).toBeLessThan(5_000);
});

test('FLUSHALL: what comes after it runs, and a reminder brings back what was lost', async () => {
  const redis = await startRedis({});
  onExit(() => redis.stop());
  const producer = producerOn({ url: redis.url });
  await until(() => ready(producer));
  const lost = ticketOf();
  await producer.startFlow(lost);
  const admin = new Redis(redis.url);
  await admin.flushall();
  admin.disconnect();
  const ran: string[] = [];
  consumerOn({ url: redis.url }, producer, (ticket) => Promise.resolve((ran.push(ticket.id), done())));
  const fresh = ticketOf();
  await producer.startFlow(fresh);
  await until(() => ran.filter((id) => id === fresh.id).length === 2);
  expect(ran).not.toContain(lost.id);
  await producer.remind([lost]);
  await until(() => ran.includes(lost.id));
});

test('a half-open link (silence, no close) does not hang the consumer for ever', { timeout: 45_000 }, async () => {
  const redis = await startRedis({});
  onExit(() => redis.stop());
  const link = await proxy(redis.port);
  onExit(link.close);
  const direct = producerOn({ url: redis.url });
  const ran: string[] = [];
  consumerOn({ url: `redis://127.0.0.1:${link.port}` }, direct, (ticket) =>
    Promise.resolve((ran.push(ticket.id), done())),
  );
  await until(() => ready(direct));
  await direct.startFlow(ticketOf());
  await until(() => ran.length === 2);
  link.silence();
  const late = ticketOf();
  await direct.startFlow(late);
  await until(() => ran.includes(late.id), { timeoutMs: 35_000 });
});

/** A TCP link that can be made half-open: what is connected then hears nothing more; new connections are fine. */
async function proxy(to: number): Promise<{ port: number; silence(): void; close(): void }> {
  let deaf = new Set<Socket>();
  const all = new Set<Socket>();
  const server = createServer((from) => {
    const onward = connect(to, '127.0.0.1');
    for (const socket of [from, onward]) {
      all.add(socket);
      socket.on('error', () => undefined);
    }
    from.on('data', (chunk) => deaf.has(from) || onward.write(chunk));
    onward.on('data', (chunk) => deaf.has(from) || from.write(chunk));
    from.on('close', () => onward.destroy());
    onward.on('close', () => deaf.has(from) || from.destroy());
  });
  await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening));
  const address = server.address();
  return {
    port: typeof address === 'object' && address ? address.port : 0,
    silence: () => void (deaf = new Set(all)),
    close: () => {
      for (const socket of all) socket.destroy();
      server.close();
    },
  };
}

test('a Redis that refuses writes (out of memory, R3, F8): every flow is refused aloud, none is half there', async () => {
  const redis = await startRedis({});
  onExit(() => redis.stop());
  const producer = producerOn({ url: redis.url });
  await until(() => ready(producer));
  const admin = new Redis(redis.url);
  onExit(() => admin.disconnect());
  await admin.config('SET', 'maxmemory', '1');
  const flows = await Promise.allSettled(Array.from({ length: 120 }, () => producer.startFlow(ticketOf())));
  expect(new Set(flows.map(({ status }) => status))).toEqual(new Set(['rejected']));
  await admin.config('SET', 'maxmemory', '0');
  const { record, conclude } = await producer.backlog();
  expect([record.waiting, conclude.waitingForChildren]).toEqual([0, 0]);
  await producer.startFlow(ticketOf());
  expect((await producer.backlog()).record.waiting).toBe(1);
});

test('an evicting Redis is told in words for the operator; noeviction is fine', async () => {
  const redis = await startRedis({});
  onExit(() => redis.stop());
  const producer = producerOn({ url: redis.url });
  await until(() => ready(producer));
  expect(await producer.evictionProblem()).toBeUndefined();
  const admin = new Redis(redis.url);
  onExit(() => admin.disconnect());
  await admin.config('SET', 'maxmemory-policy', 'allkeys-lru');
  expect(await producer.evictionProblem()).toContain('Set maxmemory-policy noeviction');
});
