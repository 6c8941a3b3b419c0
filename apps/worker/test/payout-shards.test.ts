import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, describe, expect, it, vi } from 'vitest';
import { whileHeld } from '../src/payouts/hold.ts';
import { payoutFields, payoutSettings } from '../src/payouts/settings.ts';
import { z } from 'zod';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, type PayoutStage, type Replica } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

it('the defaults are those of the contract: 30 s, 20 s, 10 s, 5 s, 5 s', () => {
  const own = z.object(payoutFields).parse({});
  expect(payoutSettings(own, 86_400_000)).toMatchObject({
    leaseMs: 30_000,
    renewMs: 20_000,
    retakeMs: 10_000,
    idleMs: 5_000,
    retryWindowMs: 5_000,
  });
});

describe('a lease in our hands', () => {
  const hold = (
    name: string,
    work: Parameters<typeof whileHeld>[1],
    part: { leaseMs?: number; renewMs?: number } = {},
  ) =>
    whileHeld(
      {
        leases: stage.store.leases,
        name,
        owner: randomUUID(),
        leaseMs: 600,
        renewMs: 200,
        closing: new AbortController().signal,
        abandon: new AbortController().signal,
        ...part,
      },
      work,
    );

  it('is kept as long as the work takes, and free at once after it', async () => {
    await hold('kept', async (held) => {
      const { endsAtMs } = held.lease();
      await until(() => performance.now() > endsAtMs);
      expect(held.remainingMs()).toBeGreaterThan(0);
      expect(await stage.store.leases.take('kept', randomUUID(), 1_000)).toBeUndefined();
    });
    expect(await stage.store.leases.take('kept', randomUUID(), 1_000)).toBeDefined();
  });

  it('without renewals work is told to stop before the lease is over', async () => {
    await hold(
      'unrenewed',
      async (held) => {
        await until(() => held.signal.aborted);
        expect(held.remainingMs()).toBe(0);
        expect(held.lease().endsAtMs).toBeGreaterThan(performance.now());
        expect(await stage.store.leases.take('unrenewed', randomUUID(), 1_000)).toBeUndefined();
      },
      { renewMs: 10_000 },
    );
  });

  it.each([86_400_000, -86_400_000])('a wall clock that jumps by %i ms changes nothing', async (jumpMs) => {
    await hold('jumping', async (held) => {
      const { endsAtMs } = held.lease();
      vi.useFakeTimers({ toFake: ['Date'], now: Date.now() + jumpMs });
      await until(() => performance.now() > endsAtMs);
      expect(held.remainingMs()).toBeGreaterThan(0);
      expect(held.remainingMs()).toBeLessThan(600);
      expect(await stage.store.leases.take('jumping', randomUUID(), 1_000)).toBeUndefined();
    }).finally(() => vi.useRealTimers());
  });

  it('a process that was stopped finds no time left, though no timer told it so', async () => {
    await hold('stopped', async (held) => {
      // As SIGSTOP does: no timer fires, the monotonic clock goes on.
      const untilMs = performance.now() + 700;
      while (performance.now() < untilMs);
      expect(held.remainingMs()).toBeLessThanOrEqual(0);
      await Promise.resolve();
    });
  });
});

describe('several replicas', () => {
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
});
