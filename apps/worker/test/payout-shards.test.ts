import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it, onTestFinished } from 'vitest';
import { SHARD_LEASES } from '../src/payouts/office.ts';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, QUICK, UNHURRIED, type PayoutStage, type Replica } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

const open = async (count: number, seam?: Seam): Promise<Replica[]> => {
  // Nothing is given up before a test lets it go on, and no shard is free because its lease is over.
  const replicas = Array.from({ length: count }, () => stage.open({ shards: 4, drainMs: 60_000, ...UNHURRIED }, seam));
  await until(() => replicas.reduce((sum, replica) => sum + replica.held(), 0) === 4, {
    label: 'every shard to have its owner',
  });
  return replicas;
};

it('each shard has one owner, payouts of both are paid once; closing hands the shards over at once', async () => {
  const [first, second] = await open(2);
  const ids = await Promise.all(Array.from({ length: 60 }, () => stage.accept()));
  await stage.settled(ids);
  for (const id of ids) expect(stage.atBank(id)).toMatchObject({ executions: 1, instructions: 1 });
  await first?.close();
  await until(() => second?.held() === 4, { label: 'the other to have them all' });
  await second?.close();
});

it('graceful: the file in flight is finished before the shard is released', async () => {
  let inFlight = 0;
  const answered = Promise.withResolvers<void>();
  onTestFinished(() => answered.resolve());
  const held: Seam = async (what, call) => {
    const answer = await call();
    if (what !== 'POST /bank/payment') return answer;
    inFlight += 1;
    await answered.promise;
    inFlight -= 1;
    return answer;
  };
  const [replica] = await open(1, held);
  const id = await stage.accept();
  await until(() => inFlight === 1);
  let isClosed = false;
  const closing = replica?.close().then(() => (isClosed = true));
  // The three idle shards are given back, so closing has come as far as it can without the answer.
  await until(async () => (await stage.store.leases.held(SHARD_LEASES)) === 1, { label: 'the idle shards to be free' });
  expect(isClosed).toBe(false);
  expect((await stage.find(id)).facts.initiatedAt).toBeUndefined();
  answered.resolve();
  await closing;
  expect(inFlight).toBe(0);
  expect((await stage.find(id)).facts.initiatedAt).toBeTruthy();
  expect(await stage.store.leases.held(SHARD_LEASES)).toBe(0);
});

it('who was stopped past its lease does not send: the fence, and the clock, hold', async () => {
  const sent: string[] = [];
  let closing: Promise<void> | undefined;
  const frozenProcess: Seam = async (what, call) => {
    if (what === 'POST /bank/payment') sent.push(what);
    const result = await call();
    // Between the write that precedes the call and the call: as if the whole process stood still.
    if (what === 'payouts.begin' && !closing) {
      const untilMs = performance.now() + QUICK.leaseMs + 100;
      while (performance.now() < untilMs);
      // Waits for the round that stood still: what it did not send by then it never sends, and no other round is begun.
      closing = replica.close();
    }
    return result;
  };
  const replica = stage.open({ shards: 1 }, frozenProcess);
  const id = await stage.accept();
  await until(() => closing !== undefined, { label: 'the process to have stood still' });
  await closing;
  expect(sent).toEqual([]);
  const other = stage.open({ shards: 1 });
  await stage.settled([id]);
  expect(stage.atBank(id)).toMatchObject({ executions: 1, instructions: 1 });
  await other.close();
});
