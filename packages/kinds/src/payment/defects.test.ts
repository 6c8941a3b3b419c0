import { ask, until } from '@countersign/testkit';
import { randomUUID } from 'node:crypto';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { effectsOf } from './test/ramps.ts';
import { FIRST, Road } from './test/road.ts';
import { openPayments, type Payments } from './test/town.ts';

/** Seed 004's code had seven defects (docs/payments.md lists them): each is shown not to be here. */
describe('the defects of the original', () => {
  let town: Payments;
  beforeAll(async () => {
    town = await openPayments({ ownServices: true });
  }, 60_000);
  afterAll(() => town?.house.stop());
  const heard = async (id: string) => (await town.callbacks(id)).map(({ type }) => type);

  it('1: two at once with one key are one payment', async () => {
    const key = randomUUID();
    const answers = await Promise.all([town.pay({}, key), town.pay({}, key), town.pay({}, key)]);
    expect(answers.map(({ status }) => status).sort()).toEqual([202, 409, 409]);
    const id = answers.find(({ status }) => status === 202)?.json.id ?? '';
    for (const { json } of answers) expect(json.existing?.id ?? json.id).toBe(id);
    await town.ends(id, 'COMPLETED');
    expect(await effectsOf(town.house.simulator, id)).toEqual({ on: 1, off: 1, reverse: 0 });
  });

  it('2: accepted while the queue is away, it is no 500, and no PENDING for ever', async () => {
    const { pid = 0 } = town.house.redis ?? {};
    process.kill(pid, 'SIGSTOP');
    const made = await town.pay().finally(() => process.kill(pid, 'SIGCONT'));
    expect(made.status, made.text).toBe(202);
    await town.ends(made.json.id, 'COMPLETED');
    expect(await effectsOf(town.house.simulator, made.json.id)).toEqual({ on: 1, off: 1, reverse: 0 });
  }, 60_000);

  it('3: failed is failed once: delivered again, nothing is executed or told again, and no COMPLETED comes later', async () => {
    const road = new Road({ fates: {}, ends: { on: 'refunded' }, againMs: 6_000 });
    await road.live();
    const executed = road.bridge.transfers.length;
    for (const at of [0, 1_000, 2_000]) road.add(FIRST, at);
    road.keepWebhook('late', 'on', 'payment_processed');
    road.add({ ...FIRST, step: 'settle', webhook: 'late' }, 3_000);
    await road.live();
    expect([road.row.status, road.bridge.transfers.length]).toEqual(['FAILED', executed]);
    expect(road.posted.map(({ type }) => type)).toEqual(['payment.failed']);
  });

  it('4: the off-ramp fails after the on-ramp: the funds are taken back, and both ids are known', async () => {
    const made = await town.pay({ destinationAccount: 'acct-sim:off-ramp=canceled' });
    const end = await town.ends(made.json.id, 'FAILED');
    expect(end).toMatchObject({ error: { code: 'CANCELED', provider: 'off-ramp' } });
    for (const id of ['onRampTxId', 'offRampTxId', 'reverseTxId']) expect(end[id]).toEqual(expect.any(String));
    expect(await effectsOf(town.house.simulator, made.json.id)).toEqual({ on: 1, off: 1, reverse: 1 });
    const lines = await town.timeline(made.json.id);
    expect(lines.find((line) => line.to === 'FAILED')?.reason).toContain(
      `on: ${String(end['onRampTxId'])}, off: ${String(end['offRampTxId'])}`,
    );
  });

  it('5: a leg that settles as failed is told to the client', async () => {
    const made = await town.pay({ amount: '100.02' });
    await town.ends(made.json.id, 'FAILED');
    await until(async () => (await heard(made.json.id)).includes('payment.failed'), { label: 'payment.failed' });
    expect(await effectsOf(town.house.simulator, made.json.id)).toEqual({ on: 1, off: 0, reverse: 0 });
  });

  it('6: a callback that fails is tried five times more, and then a dead letter that can be sent again', async () => {
    const made = await town.pay({ callbackUrl: `${town.house.simulator}/client/callbacks/fail/6` });
    await town.ends(made.json.id, 'COMPLETED');
    const { admin } = town;
    const letter = async () => {
      const { text } = await ask('GET', `${town.house.url}/v1/dead-letters?kind=payment&error=CALLBACK_FAILED`, admin);
      return text.includes(made.json.submissionId);
    };
    await until(letter, { timeoutMs: 20_000, label: 'the dead letter' });
    expect(await heard(made.json.id)).toEqual(Array.from({ length: 6 }, () => 'payment.completed'));
    const again = await ask('POST', `${town.house.url}/v1/payments/${made.json.id}/replay`, admin);
    expect(again.status, again.text).toBe(202);
    await until(async () => (await heard(made.json.id)).length === 7, { label: 'the callback sent again' });
  }, 40_000);

  it('7: a ramp that has lost its memory is looked at, and never taken for a refusal', async () => {
    const road = new Road({ fates: {}, ends: { on: null }, againMs: 6_000 });
    await road.live(() => road.leg('on')?.told === true);
    road.bridge.transfers.length = 0;
    await road.live();
    expect([road.row.status, road.row.failure?.code]).toEqual(['UNRESOLVED', 'NO_END_IN_SIGHT']);
    expect(road.bridge.posts).toHaveLength(1);
    expect(road.cellar.deadLetters).toHaveLength(1);
  });
});
