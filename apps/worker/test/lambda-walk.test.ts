import { until } from '@countersign/testkit';
import { afterEach, expect, test } from 'vitest';
import { handler } from '../src/lambda.ts';
import { openStage } from './stage.ts';

let stage: Awaited<ReturnType<typeof openStage>> | undefined;
afterEach(() => stage?.close());

test('an event with a ticket walks a transaction to its end, without any worker; the same event again has no effect', async () => {
  stage = await openStage();
  const { accept, find, registry, client, producer } = stage;
  Object.assign(process.env, stage.settings);
  const ticket = await accept({ enqueue: false });
  const event = { Records: [{ messageId: 'm1', body: JSON.stringify(ticket) }] };
  expect(await handler(event)).toEqual({ batchItemFailures: [] });
  expect(await find(ticket.id)).toMatchObject({ status: 'COMPLETED' });
  // The callback's ticket went out as one of its own: here to the queue that stands for the event's.
  await until(async () => (await producer.backlog()).notify.waiting === 1);
  expect(
    await handler({ Records: [{ messageId: 'm2', body: JSON.stringify({ ...ticket, step: 'notify' }) }] }),
  ).toEqual({ batchItemFailures: [] });
  expect(client.heard.map(({ type }) => type)).toEqual(['transaction.completed']);
  expect(await handler(event)).toEqual({ batchItemFailures: [] });
  expect(registry.told.get(ticket.id)).toBe(1);
  expect(client.heard).toHaveLength(1);
});
