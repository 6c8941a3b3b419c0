import { registrationOf } from '@countersign/flow';
import { BANK } from '@countersign/providers';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, UNHURRIED, type PayoutStage } from './payout-stage.ts';

let stage: PayoutStage;
beforeAll(async () => {
  stage = await openPayoutStage();
});
afterAll(async () => await stage.close());

it('a bank in trouble: tried again within the window, then in later rounds, ever more rarely; the same bytes each time', async () => {
  const triesMs: number[] = [];
  const watched: Seam = async (what, call) => {
    if (what === 'POST /bank/payment') triesMs.push(performance.now());
    return await call();
  };
  await stage.tell('rules', { match: { contains: 'patient' }, fate: 'burst-500', params: { tries: 5 } });
  const replica = stage.open({ retryWindowMs: 1_000, idleMs: 60, ...UNHURRIED }, watched);
  const id = await stage.accept({ remittance: 'patient' });
  const [end] = await stage.settled([id]);
  expect(end).toMatchObject({ status: 'COMPLETED' });
  const lines = await stage.store.submissions.timeline(id);
  const rounds = lines.filter(({ type }) => type === 'attempt.started');
  const unclear = lines.filter(({ type, to }) => type === 'attempt' && to === 'unclear');
  // 100, 200 and 400 ms fit into a window of a second, 800 more do not; on a busy machine fewer. The sixth try is taken.
  expect(triesMs).toHaveLength(6);
  expect(rounds.length).toBeGreaterThanOrEqual(2);
  expect(rounds.length).toBeLessThan(6);
  expect(unclear).toHaveLength(rounds.length - 1);
  expect(unclear[0]).toMatchObject({ provider: BANK, error: expect.stringMatching(/^answered 500/) });
  expect(rounds.map(({ requestId }) => requestId)).toEqual(rounds.map(() => end?.facts['batchId']));
  const gapsMs = triesMs.slice(1).map((ms, at) => ms - (triesMs[at] ?? 0));
  expect(Math.min(...gapsMs)).toBeGreaterThan(50);
  expect(Math.max(...gapsMs)).toBeGreaterThan(190);
  const [msgId = ''] = stage.atBank(id)?.msgIds ?? [];
  expect(Object.values(stage.town.bank.find(msgId)?.data?.hashes ?? {})).toEqual([6]);
  await replica.close();
});

it('messages are read at once when the bell rings, however long it is until the next look', async () => {
  let listened = 0;
  const listening: Seam = async (what, call) => {
    if (what === 'bells.rungAt') listened += 1;
    return await call();
  };
  const replica = stage.open({ messagesMs: 600_000, ...UNHURRIED }, listening);
  // Once before the first look at the bank's messages; again only after it.
  await until(() => listened > 1, { label: 'the first look to be over' });
  const id = await stage.accept({ amount: '10.12' });
  await until(() => stage.town.bank.messages.waiting('PAYMENT').length > 0);
  expect((await stage.find(id)).status).toBe('PROCESSING');
  await stage.store.bells.ring(BANK);
  await stage.settled([id]);
  await replica.close();
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
