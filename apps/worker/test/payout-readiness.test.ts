import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { assertValid } from '../src/payouts/bank-way.ts';
import { createHoldsBack } from '../src/payouts/holds-back.ts';
import { SHARD_LEASES } from '../src/payouts/office.ts';
import { assertDebtor } from '../src/payouts/debtor.ts';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, UNHURRIED, type PayoutStage } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

/** It is told a moment after the replica knows. */
const outlook = (ready: boolean) =>
  until(
    async () => {
      const seen = await stage.store.outlooks.of('bank');
      return seen?.ready === ready && seen;
    },
    { label: `the outlook to be ${ready ? '' : 'not '}ready` },
  );

it('not ready until the message heartbeat came back; until then payouts go back to their queue', async () => {
  const holdsBack = createHoldsBack(stage.store.leases, 5_000);
  const plan = stage.house.plan('payout');
  await stage.tell('settings', { heartbeatMs: null });
  const replica = stage.open();
  await until(() => replica.readiness.checks().heartbeat === null);
  expect(replica.readiness.isReady()).toBe(false);
  // An answer to somebody else's is read, and is not ours.
  await stage.tell('messages', { type: 'HEARTBEAT', requestId: 'REQ1', body: '<HeartBeatResponse/>' });
  await until(() => stage.town.bank.messages.waiting('HEARTBEAT').length === 0);
  expect(replica.readiness.isReady()).toBe(false);
  expect(await stage.store.leases.held(SHARD_LEASES)).toBe(0);
  expect(await holdsBack(plan)).toBe(5_000);
  expect(await holdsBack({ ...plan, registers: undefined } as unknown as typeof plan)).toBeUndefined();
  await stage.tell('settings', { heartbeatMs: 10 });
  await replica.close();
  const other = stage.open();
  await until(() => other.readiness.isReady());
  await until(async () => (await holdsBack(plan)) === undefined);
  expect(await outlook(true)).toMatchObject({ checks: { heartbeat: null, messages: null } });
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
  const replica = stage.open(UNHURRIED, expired);
  const id = await stage.accept();
  await until(() => answers > 0);
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

it.each(['configuration', 'postgres', 'redis', 'certificate'])(
  'not ready while the check %s fails, which is named; ready when it is well, not ready when it fails again',
  async (failing) => {
    let isWell = false;
    const well = (): Promise<void> => Promise.resolve();
    const fails = (): Promise<void> => (isWell ? well() : Promise.reject(new Error('as it is')));
    const checks = { configuration: well, postgres: well, redis: well, certificate: well, [failing]: fails };
    const { readiness, held, close } = stage.open({}, undefined, checks);
    await until(() => readiness.checks()[failing] === 'as it is' && readiness.checks().heartbeat === null);
    expect(readiness.isReady()).toBe(false);
    isWell = true;
    await until(() => readiness.isReady() && held() > 0);
    isWell = false;
    await until(() => !readiness.isReady() && held() === 0);
    expect(await outlook(false)).toMatchObject({ checks: { [failing]: 'as it is' } });
    await close();
  },
);

it('an account that is not named, or cannot be right, is a reason, in words', () => {
  const right = { name: 'Õie & Co', iban: 'EE36 7700 7710 0000 0001', bic: 'LHVBEE22' };
  expect(() => assertDebtor(right)).not.toThrow();
  expect(() => assertDebtor({ ...right, bic: undefined })).not.toThrow();
  expect(() => assertDebtor({ name: undefined, iban: undefined, bic: undefined })).toThrow(
    'PROVIDER_BANK_DEBTOR_NAME must be given; PROVIDER_BANK_DEBTOR_IBAN must be given',
  );
  expect(() => assertDebtor({ name: '王', iban: 'EE367700771000000002', bic: 'LHV' })).toThrow(
    /^PROVIDER_BANK_DEBTOR_NAME must be a name .*; PROVIDER_BANK_DEBTOR_IBAN must be an IBAN .*; PROVIDER_BANK_DEBTOR_BIC/,
  );
});
