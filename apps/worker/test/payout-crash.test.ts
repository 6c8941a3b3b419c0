import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import type { Seam } from './payout-seam.ts';
import { openPayoutStage, type PayoutStage } from './payout-stage.ts';

// Deaths at any call whatsoever, at the price of one promise each; payout-kills.test.ts kills real processes where it hurts most.

/** Dead before the call, in the middle of it (it happens, nobody hears the answer), or right after. */
type Moment = 'before' | 'during' | 'after';
const MOMENTS: readonly Moment[] = ['before', 'during', 'after'];
const LANES = 3;
const KILLS = 48;
/** What repeats for ever or only looks is no interesting place to die. */
const DULL = /^(bells|outlooks|leases)\.|heartbeat|messages\/next|\.(waiting|due|unwritten|load|hasAnswer|kept)$/;
const QUICK = { shards: 1, leaseMs: 250, renewMs: 100, retakeMs: 20, idleMs: 10, messagesMs: 10, readinessMs: 20 };

let lanes: PayoutStage[];
beforeAll(async () => {
  lanes = await Promise.all(Array.from({ length: LANES }, () => openPayoutStage({}, 0.02)));
});
afterAll(async () => await Promise.all(lanes.map((lane) => lane.close())));

/** A small generator of its own, so that a failure can be played again by its number. */
function randomOf(seed: number): () => number {
  let state = (seed + 1) * 0x9e3779b9;
  return () => {
    state = Math.imul(state ^ (state >>> 15), 0x2c1b3c6d);
    state = Math.imul(state ^ (state >>> 12), 0x297a2d39);
    state ^= state >>> 15;
    return (state >>> 0) / 2 ** 32;
  };
}

interface Death {
  readonly seam: Seam;
  readonly diedAt: () => string | undefined;
}

/** The process ends at its `nth` call that `counts`: nothing it does afterwards reaches the outside. */
function deathAt(nth: number, moment: Moment, counts: (what: string) => boolean): Death {
  let seen = 0;
  let diedAt: string | undefined;
  const never = <T>(): Promise<T> => new Promise<T>(() => undefined);
  const seam: Seam = async <T>(what: string, call: () => Promise<T>): Promise<T> => {
    if (diedAt !== undefined) return await never<T>();
    if (!counts(what) || (seen += 1) < nth) {
      const result = await call();
      // Its answer came after the death: nobody is there to hear it.
      return diedAt === undefined ? result : await never<T>();
    }
    diedAt = `${moment} ${what}`;
    if (moment === 'during') void call().catch(() => undefined);
    if (moment === 'after') {
      diedAt = undefined;
      await call().catch(() => undefined);
      diedAt = `after ${what}`;
    }
    return await never<T>();
  };
  return { seam, diedAt: () => diedAt };
}

async function live(stage: PayoutStage, number: number): Promise<string> {
  const random = randomOf(number);
  const moment = MOMENTS[number % MOMENTS.length] ?? 'during';
  const nth = 1 + Math.floor(random() * 40);
  const death = deathAt(nth, moment, (what) => !DULL.test(what));
  const amounts = ['10.01', '10.02', '10.04', '10.08'];
  const ids = await Promise.all(amounts.map((amount) => stage.accept({ amount })));
  const first = stage.open(QUICK, death.seam);
  const isOver = async (): Promise<boolean> =>
    (await Promise.all(ids.map(stage.find))).every(({ settledAt }) => settledAt !== null);
  await until(async () => death.diedAt() !== undefined || (await isOver()), { label: `the end of life ${number}` });
  if (death.diedAt() === undefined) await first.close();
  else stage.killed.add(first);
  const next = stage.open(QUICK);
  // The bank's report may settle a payout before its file is sent again: the 202 is written back to it only then.
  const isWritten = async (): Promise<boolean> =>
    (await isOver()) && (await Promise.all(ids.map(stage.find))).every(({ facts }) => facts.initiatedAt !== undefined);
  const why = `life ${number}, died ${death.diedAt() ?? 'not at all'}`;
  await until(
    async () => {
      await stage.sweep(ids);
      return await isWritten();
    },
    { label: `every payout to be settled and its 202 written back: ${why}` },
  );
  await next.close();
  const ends = await Promise.all(ids.map(stage.find));
  expect(
    ends.map(({ status }) => status),
    why,
  ).toEqual(['COMPLETED', 'FAILED', 'COMPLETED', 'COMPLETED']);
  for (const [at, id] of ids.entries()) {
    const book = stage.atBank(id);
    expect(book, why).toMatchObject({ instructions: 1, executions: amounts[at] === '10.02' ? 0 : 1 });
    const [msgId = ''] = book?.msgIds ?? [];
    expect(ends[at]?.facts, why).toMatchObject({ batchId: msgId, initiatedAt: expect.any(String) });
    // The same key always came with the same bytes.
    expect(Object.keys(stage.town.bank.find(msgId)?.data?.hashes ?? {}), why).toHaveLength(1);
  }
  return death.diedAt() ?? 'none';
}

it(`${KILLS} simulated deaths at any call: the bank holds each payout exactly once, the end is right`, async () => {
  const deaths: string[] = [];
  await Promise.all(
    lanes.map(async (stage, lane) => {
      for (let number = lane; number < KILLS; number += LANES) deaths.push(await live(stage, number));
    }),
  );
  // The campaign has been where it hurts, or its verdict counts for nothing.
  expect(deaths.filter((death) => death !== 'none').length).toBeGreaterThanOrEqual(40);
  expect(new Set(deaths).size, 'different places to die').toBeGreaterThan(10);
}, 60_000);
