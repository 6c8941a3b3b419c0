import { until } from '@countersign/testkit';
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest';
import { holderOf, openPayoutWorkers, shardsHeld, type PayoutWorkers } from './payout-workers.ts';
import type { WorkerProcess } from './stage.ts';

const LEASE_MS = 60_000;
const DRAIN_MS = 1_500;

let stage: PayoutWorkers;
let first: WorkerProcess;
let next: WorkerProcess;
beforeAll(async () => {
  stage = await openPayoutWorkers({
    PAYOUT_LEASE_MS: String(LEASE_MS),
    PAYOUT_DRAIN_MS: String(DRAIN_MS),
    PROVIDER_BANK_TIMEOUT_MS: String(LEASE_MS),
  });
  // The first test's: nothing in flight is given up.
  next = await stage.startWorker({ PAYOUT_DRAIN_MS: '20000' });
});
beforeEach(async () => {
  await until(async () => (await shardsHeld(next)) === 1, { label: 'the shard to have its owner' });
  first = next;
  next = await stage.startWorker();
  expect((await holderOf([first, next])).holder).toBe(first);
});
afterAll(async () => await stage.close());

/** Ends the first while its call is on the wire. What it exits with, how long that took, and when the next one had the shard. */
async function endInFlight() {
  const toldAt = Date.now();
  const startedMs = performance.now();
  const exit = first.stop('SIGTERM').then((exitCode) => ({ exitCode, exitMs: performance.now() - startedMs }));
  await until(async () => (await shardsHeld(next)) === 1, {
    timeoutMs: LEASE_MS / 3,
    label: 'the next to own the shard',
  });
  return { toldAt, handedOverMs: performance.now() - startedMs, ...(await exit) };
}

test('SIGTERM with a file in flight: it is finished and committed, then the shard is free at once', async () => {
  await stage.tell('rules', { match: { contains: 'unhurried' }, fate: 'served', params: { answerMs: 40_000 } });
  const id = await stage.pay({ remittance: 'unhurried' });
  await until(() => stage.arrivals(id).length === 1, { label: 'the file to reach the bank' });

  const { exitCode, toldAt, handedOverMs } = await endInFlight();
  expect(exitCode).toBe(0);
  expect(handedOverMs).toBeLessThan(LEASE_MS / 2);
  // Answered when it had been told to end.
  expect(Date.parse(String((await stage.find(id))?.facts['initiatedAt']))).toBeGreaterThan(toldAt);
  expect((await stage.settled(id)).status).toBe('COMPLETED');
  expect(stage.arrivals(id)).toEqual([1]);
});

test('SIGTERM while the bank hangs: given up at the deadline; the next owner repeats under the stored key, paid once', async () => {
  // Before the bank speaks of the file by message, which would make the repeat needless.
  await stage.tell('settings', { reportMs: 80_000 });
  const id = await stage.pay({ remittance: 'sim:silent-kept' });
  await until(() => stage.arrivals(id).length === 1, { label: 'the file to reach the bank' });
  const { batchId } = (await stage.find(id))?.facts ?? {};

  const { exitCode, exitMs, handedOverMs } = await endInFlight();
  expect(exitCode).toBe(0);
  expect(exitMs).toBeGreaterThan(DRAIN_MS);
  // Long before the bank's own time-out.
  expect(exitMs).toBeLessThan(LEASE_MS / 2);
  expect(handedOverMs).toBeLessThan(LEASE_MS / 2);
  expect(await stage.settled(id)).toMatchObject({ status: 'COMPLETED', facts: { batchId } });
  await until(() => stage.arrivals(id)[0] === 2, { label: 'the repeat' });
  expect(stage.arrivals(id)).toEqual([2]);
  expect(stage.atBank(id)).toMatchObject({ executions: 1, instructions: 1, msgIds: [batchId] });
});
