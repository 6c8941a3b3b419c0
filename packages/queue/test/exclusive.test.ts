import { randomUUID } from 'node:crypto';
import { testRedis, until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { createConsumer, type JobEvent } from '../src/index.ts';
import { onExit, producerOn, ready, silent } from './stage.ts';

test(
  "BullMQ's own sandbox: waits move on, a child that dies or never lets go costs an attempt only",
  { timeout: 90_000 },
  async () => {
    const place = await testRedis();
    const producer = producerOn(place);
    const events: `${JobEvent} ${string}`[] = [];
    const consumer = createConsumer({
      redisUrl: place.url,
      prefix: place.prefix,
      queues: ['record', 'poll', 'conclude'],
      concurrency: 2,
      run: new URL('./exclusive/sandbox.ts', import.meta.url),
      // The start of a child is in it, which takes seconds on a busy machine: whoever is killed then has failed once too often.
      hungAfterMs: 10_000,
      producer,
      log: silent,
      onEvent: (event, step) => events.push(`${event} ${step}`),
    });
    onExit(() => consumer.close(500));
    await until(() => ready(producer));
    for (const kind of ['fine', 'waits', 'dies', 'loop']) await producer.startFlow({ v: 1, id: randomUUID(), kind });
    await until(() => events.filter((event) => event === 'completed conclude').length === 4, { timeoutMs: 60_000 });
    const count = (event: string): number => events.filter((each) => each === event).length;
    expect({
      poll: count('completed poll'),
      failed: count('failed record'),
      givenUp: count('given-up record'),
    }).toEqual({
      poll: 1,
      failed: 2,
      givenUp: 0,
    });
  },
);
