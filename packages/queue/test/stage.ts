import { randomUUID } from 'node:crypto';
import { done, type StepName, type Ticket } from '@countersign/flow';
import { createLog } from '@countersign/process';
import { testRedis, type TestRedis } from '@countersign/testkit';
import { afterEach } from 'vitest';
import {
  createConsumer,
  createProducer,
  type Consumer,
  type ConsumerOptions,
  type Context,
  type Producer,
  type Run,
} from '../src/index.ts';

const open: (() => unknown)[] = [];
afterEach(async () => {
  await Promise.all(open.splice(0).map((close) => close()));
});

export const silent = createLog({ level: 'silent', name: 'test' });

export function onExit(close: () => unknown): void {
  open.push(close);
}

export function ticketOf(step: StepName = 'record', more: Partial<Ticket> = {}): Ticket {
  return { v: 1, step, id: randomUUID(), kind: 'transaction', ...more };
}

export interface Visited extends Context {
  readonly ticket: Ticket;
}

/** A producer and a consumer of every step over a Redis of their own; `visits` is what was run, in order. */
export async function stage(run: Run = () => Promise.resolve(done()), options: Partial<ConsumerOptions> = {}) {
  const redis = await testRedis();
  const producer = producerOn(redis);
  const visits: Visited[] = [];
  const consumer = consumerOn(
    redis,
    producer,
    async (ticket, context) => {
      visits.push({ ticket, ...context });
      return await run(ticket, context);
    },
    options,
  );
  return { redis, producer, consumer, visits, steps: () => visits.map(({ ticket }) => ticket.step) };
}

/** A Redis that is there and merely paused, like everything on a busy machine, is waited for. One that is away is refused at once. */
const PATIENCE_MS = 20_000;

export function producerOn(redis: TestRedis | { url: string; prefix?: string }, maxWaiting = 2_000): Producer {
  const producer = createProducer({
    redisUrl: redis.url,
    prefix: redis.prefix ?? 'test',
    maxWaiting,
    patienceMs: PATIENCE_MS,
    log: silent,
  });
  onExit(() => producer.close());
  return producer;
}

export function consumerOn(
  redis: { url: string; prefix?: string },
  producer: Producer,
  run: Run,
  options: Partial<ConsumerOptions> = {},
): Consumer {
  const consumer = createConsumer({
    redisUrl: redis.url,
    prefix: redis.prefix ?? 'test',
    queues: ['record', 'register', 'poll', 'settle', 'conclude', 'notify'],
    concurrency: 20,
    run,
    producer,
    log: silent,
    ...options,
  });
  onExit(() => consumer.close(500));
  return consumer;
}

/** Until Redis takes tickets. */
export async function ready(producer: Producer): Promise<true> {
  await producer.ping();
  return true;
}
