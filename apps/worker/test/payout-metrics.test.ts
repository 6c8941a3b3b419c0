import { X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { gauge, openPayoutWorkers, type PayoutWorkers } from './payout-workers.ts';
import type { WorkerProcess } from './stage.ts';

let stage: PayoutWorkers;
let worker: WorkerProcess;
beforeAll(async () => {
  // A second between rounds: payouts can be seen waiting for their file.
  stage = await openPayoutWorkers({ PAYOUT_SHARDS: '2', PAYOUT_IDLE_MS: '1000' }, { tlsPort: 0 });
  worker = await stage.startWorker();
});
afterAll(async () => await stage.close());

const shows = (name: string, isRight: (value: number) => boolean) =>
  until(
    async () => {
      const value = await gauge(worker, `countersign_payouts_${name}`);
      return value !== undefined && isRight(value);
    },
    { label: `countersign_payouts_${name}; the worker said ${worker.said()}` },
  );

test('/metrics of a worker: ready, shards, what waits, files and their age, parked messages, the certificate’s end', async () => {
  await shows('ready', (value) => value === 1);
  await shows('shards_held', (value) => value === 2);
  await shows('files_frozen', (value) => value === 0);
  await shows('oldest_file_seconds', (value) => value === 0);
  await shows('messages_parked', (value) => value === 0);
  const { validTo } = new X509Certificate(readFileSync(stage.bankSettings['CLIENT_CERT'] ?? ''));
  const leftSeconds = (Date.parse(validTo) - Date.now()) / 1_000;
  await shows('certificate_seconds', (value) => Math.abs(value - leftSeconds) < 60);

  await stage.tell('rules', { match: { contains: 'Ada' }, fate: 'burst-500', params: { tries: 6 } });
  const waiting = shows('waiting', (value) => value > 0);
  const ids: string[] = [];
  for (let n = 0; n < 5; n += 1) ids.push(await stage.pay());
  await waiting;
  await shows('waiting', (value) => value === 0);
  await shows('files_frozen', (value) => value > 0);
  await shows('oldest_file_seconds', (value) => value > 0 && value < 60);
  await stage.tell('messages', { type: 'PAYMENT', body: 'hello' });
  await shows('messages_parked', (value) => value === 1);

  await stage.settledAll(ids);
  await shows('files_frozen', (value) => value === 0);
});

test('/metrics of a worker whose bank answers no heartbeat message: not ready, no shard held', async () => {
  await stage.tell('settings', { heartbeatMs: null });
  expect(await worker.stop()).toBe(0);
  worker = await stage.startWorker();
  await shows('ready', (value) => value === 0);
  await shows('shards_held', (value) => value === 0);
});
