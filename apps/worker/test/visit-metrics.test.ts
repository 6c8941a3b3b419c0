import type { Cellar, ClaimedCallback } from '@countersign/flow';
import { createMetrics } from '@countersign/process';
import { expect, test } from 'vitest';
import { createVisitMetrics } from '../src/visit-metrics.ts';

test('dead letters of callbacks are counted beside those of third parties', async () => {
  const metrics = createMetrics({ ofProcess: false });
  const cellar = { endCallback: async () => undefined } as unknown as Cellar;
  const { endCallback } = createVisitMetrics(metrics).counting(cellar);
  // The parts that are counted by; the rest of a callback is the cellar's business.
  const callback = { identity: { id: '1', kind: 'payment', naturalId: 'x', createdAt: 0 } } as ClaimedCallback;
  const entry = { type: 'callback' } as const;
  await endCallback(callback, 'job', { type: 'dead', code: 'CALLBACK_FAILED', message: '500', body: '' }, entry);
  await endCallback(callback, 'job', { type: 'gone', body: '' }, entry);
  await endCallback(callback, 'job', { type: 'delivered' }, entry);
  await endCallback(callback, 'job', { type: 'retry', inMs: 5, body: '' }, entry);
  const lines = (await metrics.text()).split('\n').filter((line) => line.startsWith('countersign_dead_letters_total'));
  expect(lines.sort()).toEqual([
    'countersign_dead_letters_total{kind="payment",code="CALLBACK_FAILED"} 1',
    'countersign_dead_letters_total{kind="payment",code="ENDPOINT_GONE"} 1',
  ]);
});
