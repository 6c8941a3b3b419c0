import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, type PayoutStage, type Replica } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

const open = async (count: number, seam?: Seam): Promise<Replica[]> => {
  const replicas = Array.from({ length: count }, () => stage.open({ shards: 4 }, seam));
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
  await until(() => second?.held() === 4, { timeoutMs: 3_000, label: 'the other to have them all' });
  await second?.close();
});

it('graceful: the file in flight is finished before the shard is released', async () => {
  let inFlight = 0;
  const slow: Seam = async (what, call) => {
    if (what !== 'POST /bank/payment') return await call();
    inFlight += 1;
    const answer = await call();
    await sleep(300);
    inFlight -= 1;
    return answer;
  };
  const [replica] = await open(1, slow);
  const id = await stage.accept();
  await until(() => inFlight === 1);
  await replica?.close();
  expect(inFlight).toBe(0);
  const { facts } = await stage.find(id);
  expect(facts.initiatedAt).toBeTruthy();
});

it('who was stopped past its lease does not send: the fence, and the clock, hold', async () => {
  const sent: string[] = [];
  let block: (() => void) | undefined;
  const frozenProcess: Seam = async (what, call) => {
    if (what === 'POST /bank/payment') sent.push(what);
    const result = await call();
    // Between the write that precedes the call and the call: as if the whole process stood still.
    if (what === 'payouts.begin' && block === undefined) {
      block = () => undefined;
      const untilMs = performance.now() + 1_600;
      while (performance.now() < untilMs);
    }
    return result;
  };
  const replica = stage.open({ shards: 1 }, frozenProcess);
  const id = await stage.accept();
  await until(() => block !== undefined);
  expect(sent).toEqual([]);
  await replica.close();
  const other = stage.open({ shards: 1 });
  await stage.settled([id]);
  expect(stage.atBank(id)).toMatchObject({ executions: 1, instructions: 1 });
  await other.close();
});
