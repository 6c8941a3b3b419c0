import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { holderOf, isStopped, openPayoutWorkers, shardsHeld, type PayoutWorkers } from './payout-workers.ts';
import type { WorkerProcess } from './stage.ts';
import type { StopMoment } from './stops-itself.ts';

let stage: PayoutWorkers;
let workers: WorkerProcess[];
beforeAll(async () => {
  // Only who stops itself is stopped for longer than that.
  stage = await openPayoutWorkers({ PAYOUT_LEASE_MS: '4000', PAYOUT_RENEW_MS: '400' });
  workers = await Promise.all([stage.startWorker(), stage.startWorker()]);
});
afterAll(async () => await stage.close());

/** Ten times what it is here: long after the lease, and the next owner's try. */
const REPORT_MS = 80_000;

/**
 * How often the file that was being sent comes to the bank. Where the process stopped after its last look at the clock, no lock
 * can help: the bytes leave when it goes on. They are the stored ones under the stored key, so the bank has them already.
 */
const MOMENTS: readonly (readonly [StopMoment, number])[] = [
  ['before-freezing', 1],
  ['before-the-write', 1],
  ['after-the-write', 1],
  ['before-the-connection', 1],
  ['before-the-bytes', 2],
  ['after-the-bytes', 2],
];

test.each(MOMENTS)('SIGSTOP %s, past the lease: the next owner pays, each payout once', async (moment, times) => {
  const { holder, other } = await holderOf(workers);
  // The bank has it, and speaks of it only when the next owner had the time to repeat it: else there were nothing to repeat.
  if (moment === 'after-the-bytes') await stage.tell('settings', { reportMs: REPORT_MS });
  await stage.stopAt(holder, moment);
  const amounts = ['10.12', '10.02', '10.01'];
  const ids = await Promise.all(amounts.map((amount) => stage.pay({ amount })));
  await until(() => isStopped(holder), { label: () => `${moment}; it said ${holder.said()}` });
  await until(async () => (await shardsHeld(other)) === 1, { label: 'the other to take the shard over' });
  await until(() => ids.every((id) => stage.arrivals(id).length > 0), { label: 'the other to pay' });

  holder.child.kill('SIGCONT');
  await until(async () => (await shardsHeld(holder)) === 0, { label: 'the first to see that it has lost the shard' });
  await stage.settledAll(ids);
  const ends = await until(
    async () => {
      // The bank's report may settle a payout before its 202 is written back.
      const found = await Promise.all(ids.map(stage.find));
      return found.every((one) => one?.facts['initiatedAt'] !== undefined) && found;
    },
    { label: 'the 202 to be written back' },
  );
  expect(ends.map((end) => end?.status)).toEqual(['COMPLETED', 'FAILED', 'COMPLETED']);
  await until(() => Math.max(...ids.flatMap(stage.arrivals)) === times, { label: `the file to come ${times} times` });
  for (const [at, id] of ids.entries()) {
    const book = stage.atBank(id);
    expect(book).toMatchObject({ instructions: 1, executions: amounts[at] === '10.02' ? 0 : 1 });
    // The only file it was ever in is the one its resource names, and always the same bytes.
    expect(ends[at]?.facts).toMatchObject({ batchId: book?.msgIds[0], initiatedAt: expect.any(String) });
    expect(stage.arrivals(id)).toHaveLength(1);
  }
  await until(async () => (await shardsHeld(other)) === 1, { label: 'the other to go on' });
});

test('kill -9 when all bytes are out and nobody has read the 202: the next owner goes on under the stored key, paid once', async () => {
  const { holder, other } = await holderOf(workers);
  await stage.tell('settings', { reportMs: REPORT_MS });
  await stage.stopAt(holder, 'after-the-bytes');
  const id = await stage.pay();
  await until(() => isStopped(holder), { label: () => `the call; it said ${holder.said()}` });
  // Killed where it stands: what was stopped never goes on.
  expect(await holder.stop('SIGKILL')).toBeNull();
  await until(() => stage.arrivals(id)[0] === 2, { label: 'the other to repeat the file' });
  expect((await stage.settled(id)).status).toBe('COMPLETED');
  expect(stage.arrivals(id)).toEqual([2]);
  expect(stage.atBank(id)).toMatchObject({ instructions: 1, executions: 1 });
  await until(async () => (await shardsHeld(other)) === 1, { label: 'the other to go on' });
});
