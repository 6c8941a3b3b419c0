import { randomUUID } from 'node:crypto';
import { setTimeout as sleep } from 'node:timers/promises';
import { registrationOf } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { whileHeld } from '../src/payouts/hold.ts';
import { createHoldsBack } from '../src/payouts/holds-back.ts';
import { assertValid } from '../src/payouts/bank-way.ts';
import { SHARD_LEASES } from '../src/payouts/office.ts';
import { payoutFields, payoutSettings } from '../src/payouts/settings.ts';
import { z } from 'zod';
import { openPayoutStage, type PayoutStage, type Replica, type Seam } from './payout-stage.ts';

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

describe('readiness', () => {
  it('not ready until the message heartbeat came back; until then payouts go back to their queue', async () => {
    const holdsBack = createHoldsBack(stage.store.leases, 5_000);
    const plan = stage.house.plan('payout');
    await stage.tell('settings', { heartbeatMs: null });
    const replica = stage.open();
    await until(() => replica.readiness.checks().heartbeat === null);
    expect(replica.readiness.isReady()).toBe(false);
    expect(await stage.store.leases.held(SHARD_LEASES)).toBe(0);
    expect(await holdsBack(plan)).toBe(5_000);
    expect(await holdsBack({ ...plan, registers: undefined } as unknown as typeof plan)).toBeUndefined();
    await stage.tell('settings', { heartbeatMs: 10 });
    await replica.close();
    const other = stage.open();
    await until(() => other.readiness.isReady());
    await until(async () => (await holdsBack(plan)) === undefined);
    expect(await stage.store.outlooks.of('bank')).toMatchObject({
      ready: true,
      checks: { heartbeat: null, messages: null },
    });
    await other.close();
    expect(await stage.store.leases.held(SHARD_LEASES)).toBe(0);
  });

  it('403: nothing more is sent until the bank is well again; then the same file goes, once', async () => {
    let answers = 0;
    const expired: Seam = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
      if (what !== 'POST /bank/payment' || (answers += 1) > 2) return await call();
      // What the outbound room gives for the bank's 403.
      return {
        type: 'answer',
        statusCode: 403,
        headers: {},
        body: '{"errorCode":"FORBIDDEN"}',
        truncated: false,
        durationMs: 1,
      } as T;
    };
    const replica = stage.open({}, expired);
    const id = await stage.accept();
    await until(() => answers === 1);
    const { batchId } = (await stage.find(id)).facts;
    const [end] = await stage.settled([id]);
    expect(end).toMatchObject({ status: 'COMPLETED', facts: { batchId } });
    expect(stage.atBank(id)).toMatchObject({ executions: 1, msgIds: [batchId] });
    expect(answers).toBe(3);
    await replica.close();
  });

  it('an expired certificate is a reason, in words', () => {
    const certificate = { validFrom: 'Jan 1 00:00:00 2026 GMT', validTo: 'Feb 1 00:00:00 2026 GMT' };
    expect(() => assertValid(certificate, Date.parse('2026-01-15'))).not.toThrow();
    expect(() => assertValid(certificate, Date.parse('2026-02-02'))).toThrow(/ended on Feb 1/);
    expect(() => assertValid(certificate, Date.parse('2025-12-31'))).toThrow(/begins on Jan 1/);
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

it('silence: a payout the bank took and never speaks of is UNRESOLVED, never failed; its late word still settles it', async () => {
  const replica = stage.open({ maxAgeMs: 200 });
  const id = await stage.accept({ remittance: 'sim:never-reported' });
  await until(async () => (await stage.find(id)).facts.initiatedAt !== undefined);
  const { dueAt } = registrationOf(await stage.find(id), 'bank') ?? {};
  await until(() => Date.now() > (dueAt ?? Infinity), { label: 'the age limit to be over' });
  // The provider's own age limit (60 s here) decides at the look that the agenda brings; told that it is over, it gives up.
  const late = {
    ...stage.house,
    provider: () => ({
      ...stage.house.provider('bank'),
      poll: { firstMs: 1, secondMs: 1, maxDelayMs: 1, maxAgeMs: 100 },
    }),
  };
  await stage.walk({ v: 1, step: 'poll', id, kind: 'payout', leg: 'bank' }, late);
  expect(await stage.find(id)).toMatchObject({ status: 'UNRESOLVED', failure: { code: 'NO_END_IN_SIGHT' } });
  await replica.close();
  const kept = await stage.store.webhooks.keep({
    submissionId: id,
    leg: 'bank',
    provider: 'bank',
    digest: 'ab',
    word: { type: 'done' },
  });
  if (kept.type !== 'kept') throw new Error('not kept');
  await stage.walk({ v: 1, step: 'settle', id, kind: 'payout', leg: 'bank', webhook: kept.id });
  expect(await stage.find(id)).toMatchObject({ status: 'COMPLETED' });
});
