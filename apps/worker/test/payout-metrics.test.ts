import { randomUUID, X509Certificate } from 'node:crypto';
import { readFileSync } from 'node:fs';
import type { Lease } from '@countersign/store';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { figure, openPayoutWorkers, type PayoutWorkers } from './payout-workers.ts';
import type { WorkerProcess } from './stage.ts';

let stage: PayoutWorkers;
let worker: WorkerProcess;
/** One shard is somebody else's, who does nothing: its payouts wait. */
let other: Lease | undefined;
beforeAll(async () => {
  // One round of tries is as long as the bank's trouble: it ends within as long again, and no later round waits for minutes.
  stage = await openPayoutWorkers({ PAYOUT_SHARDS: '2', PAYOUT_RETRY_WINDOW_MS: '60000' }, { tlsPort: 0 });
  other = await stage.store.leases.take('payouts-1', randomUUID(), 600_000);
  worker = await stage.startWorker();
});
afterAll(async () => await stage.close());

const shows = (name: string, isRight: (value: number) => boolean) =>
  until(
    async () => {
      const value = await figure(worker, `countersign_payouts_${name}`);
      return value !== undefined && isRight(value);
    },
    { label: () => `countersign_payouts_${name}; the worker said ${worker.said()}` },
  );

test('/metrics of a worker: ready, shards, what waits, files and their age, parked messages, the certificate’s end', async () => {
  await shows('ready', (value) => value === 1);
  await shows('shards_held', (value) => value === 1);
  await shows('files_frozen', (value) => value === 0);
  await shows('oldest_file_seconds', (value) => value === 0);
  await shows('messages_parked', (value) => value === 0);
  const { validTo } = new X509Certificate(readFileSync(stage.bankSettings['CLIENT_CERT'] ?? ''));
  const leftSeconds = (Date.parse(validTo) - Date.now()) / 1_000;
  await shows('certificate_seconds', (value) => Math.abs(value - leftSeconds) < 60);

  await stage.tell('outage', { answer: 503, path: '/payment' });
  const ids: string[] = [];
  const inShard = (shard: number) => ids.filter((id) => Number.parseInt(id.slice(-4), 16) % 2 === shard);
  while (inShard(0).length === 0 || inShard(1).length === 0) ids.push(await stage.pay());
  await shows('files_frozen', (value) => value > 0);
  await shows('oldest_file_seconds', (value) => value > 0 && value < 60);
  await stage.tell('messages', { type: 'PAYMENT', body: 'hello' });
  await shows('messages_parked', (value) => value === 1);
  await shows('waiting', (value) => value === inShard(1).length);

  if (other) await stage.store.leases.release(other);
  await shows('shards_held', (value) => value === 2);
  await shows('waiting', (value) => value === 0);
  await stage.tell('outage', { answer: 503, forMs: 0 });
  await stage.settledAll(ids);
  await shows('files_frozen', (value) => value === 0);
});

test('not ready: a payout goes back to its queue oftener than a job has attempts, and is paid when the bank is well again', async () => {
  expect(await worker.stop()).toBe(0);
  await stage.tell('outage', { answer: 503, path: '/heartbeat' });
  worker = await stage.startWorker({ PAYOUT_IDLE_MS: '100' });
  const id = await stage.pay();
  const sentBack = 'countersign_visits_total{step="record",outcome="wait"}';
  await until(async () => ((await figure(worker, sentBack)) ?? 0) > 8, { label: 'eight visits for nothing' });
  await shows('ready', (value) => value === 0);
  await shows('shards_held', (value) => value === 0);
  expect(await stage.find(id)).toMatchObject({ status: 'PENDING', version: 1, registrations: [] });

  await stage.tell('outage', { answer: 503, forMs: 0 });
  expect((await stage.settled(id)).status).toBe('COMPLETED');
  expect(stage.atBank(id)).toMatchObject({ executions: 1 });
});

test('a certificate that has ended is a reason not to be ready, and its gauge says since when', async () => {
  expect(await worker.stop()).toBe(0);
  const expired = stage.bankSettings['EXPIRED_CLIENT_CERT'] ?? '';
  worker = await stage.startWorker({ PROVIDER_BANK_CLIENT_CERT: expired });
  const outlook = await until(
    async () => {
      const seen = await stage.store.outlooks.of('bank');
      return typeof seen?.checks['certificate'] === 'string' && seen;
    },
    { label: () => `its outlook; it said ${worker.said()}` },
  );
  expect(outlook).toMatchObject({
    ready: false,
    checks: { certificate: expect.stringMatching(/^the client certificate ended on /) },
  });
  await shows('ready', (value) => value === 0);
  await shows('certificate_seconds', (value) => value < 0);
});
