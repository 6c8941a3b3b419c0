import { randomUUID } from 'node:crypto';
import type { Ticket } from '@countersign/flow';
import { createLog } from '@countersign/process';
import { createConsumer, createProducer, type Run } from '@countersign/queue';
import { testRedis, until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { createPool } from '../src/sandbox-pool/pool.ts';

const log = createLog({ level: 'silent', name: 'test' });

test(
  'through the queue: poison ends after at most five deaths and its root knows it; its neighbours all end well',
  { timeout: 60_000 },
  async () => {
    const redis = await testRedis();
    const pool = createPool({
      file: new URL('./toy-sandbox.ts', import.meta.url),
      env: process.env,
      processes: 1,
      log,
    });
    const producer = createProducer({ redisUrl: redis.url, prefix: redis.prefix, log });
    const closed = new Map<string, string | undefined>();
    const run: Run = async (ticket, context) => {
      // Roots see their books open, as they do when a child was lost.
      if (ticket.step !== 'conclude') return await pool.run(ticket, context);
      closed.set(ticket.id, ticket.lost);
      return { type: 'done', also: [], unsettled: ticket.lost === undefined };
    };
    const consumer = createConsumer({
      redisUrl: redis.url,
      prefix: redis.prefix,
      queues: ['record', 'conclude'],
      concurrency: 200,
      run,
      producer,
      log,
    });
    try {
      await until(() => producer.ping().then(() => true));
      const start = async (kind: string): Promise<string> => {
        const ticket: Omit<Ticket, 'step'> = { v: 1, id: randomUUID(), kind };
        await producer.startFlow(ticket);
        return ticket.id;
      };
      const innocents = await Promise.all(Array.from({ length: 100 }, () => start('slow')));
      const poison = await start('poison');
      await until(() => innocents.every((id) => closed.has(id)), { timeoutMs: 20_000, label: 'the innocent' });
      expect(innocents.map((id) => closed.get(id)).filter(Boolean)).toEqual([]);
      const reason = await until(() => closed.get(poison), { timeoutMs: 20_000, label: 'the poison to be given up' });
      expect(reason).toMatch(/^SANDBOX_DIED 5: /);
      const { shared, small, alone } = pool.counts();
      expect(shared.died + small.died + alone.died).toBeLessThanOrEqual(5);
    } finally {
      await consumer.close(1_000);
      await producer.close();
      pool.close();
    }
  },
);
