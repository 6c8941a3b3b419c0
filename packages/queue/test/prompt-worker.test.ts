import { testRedis, until } from '@countersign/testkit';
import { FlowProducer } from 'bullmq';
import { expect, test } from 'vitest';
import { createPromptWorker } from '../src/prompt-worker.ts';
import { consumerRedis } from '../src/redis.ts';
import { onExit } from './stage.ts';

const FLOWS = 60;

/**
 * A look on its way finds nothing; the end of a job right behind it on the same wire makes the next one due and brings
 * it along. That is no refusal: whoever took it for one paused, and what came next waited for `runRetryDelay`.
 */
test('a look that finds nothing while a job is found beside it makes nothing wait', async () => {
  const redis = await testRedis();
  const connection = { connection: consumerRedis(redis.url), prefix: redis.prefix };
  const producer = new FlowProducer(connection);
  onExit(() => producer.close());
  let done = 0;
  const worker = createPromptWorker('hops', async () => void (done += 1), {
    ...connection,
    connection: consumerRedis(redis.url),
    concurrency: 10,
    runRetryDelay: 3_600_000,
  });
  onExit(() => worker.close(true));
  const job = { name: 'hop', queueName: 'hops' };
  for (let flow = 1; flow <= FLOWS; flow += 1) {
    await producer.add({ ...job, children: [{ ...job }] });
    await until(() => done === 2 * flow, { label: () => `flow ${flow} of ${FLOWS}: ${done} jobs were done` });
  }
  expect(done).toBe(2 * FLOWS);
}, 30_000);
