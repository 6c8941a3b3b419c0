import { mkdtemp, rm } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { openPayoutLane, type PayoutLane } from './payout-lane.ts';
import { PLACES, randomFrom } from './payout-places.ts';

/** A failure names it; given, the same moments are drawn again. */
const SEED = Number(process.env['PAYOUT_KILLS_SEED'] ?? Date.now() % 1_000_000);
const LANES = 4;
const DEATHS_OF_EACH = 6;
/** In one lane, on its way at once. */
const MOST_OPEN = 8;
/** By cents: the bank's word on it, and so its end. */
const FATES = new Map([
  ['10.01', 'COMPLETED'],
  ['10.02', 'FAILED'],
  ['10.04', 'COMPLETED'],
  ['10.08', 'COMPLETED'],
]);

const ANY_TIME = 'at any millisecond';
const KILLS = (Object.keys(PLACES).length + 1) * DEATHS_OF_EACH;

let cache: string;
let lanes: PayoutLane[] = [];
beforeAll(async () => {
  cache = await mkdtemp(join(tmpdir(), 'payers-'));
  lanes = await Promise.all(Array.from({ length: LANES }, () => openPayoutLane(cache)));
});
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
  await rm(cache, { recursive: true, force: true });
});

/** All of a lane's payouts, with what each must come to. */
type Accepted = Map<string, string>;

/** Payouts keep coming until somebody has died. */
async function dieOnce(lane: PayoutLane, name: string, random: () => number, accepted: Accepted): Promise<void> {
  const nth = 1 + Math.floor(random() * 3);
  const afterMs = random() * 400;
  const [side, meets] = PLACES[name] ?? [];
  const isFirst = random() < 0.5;
  let isDead = false;
  const before = lane.ends.length;
  const death =
    side && meets
      ? lane.killAt({ side, meets: (what, text) => meets(what, text, lane) }, nth)
      : lane.killAfter(afterMs, isFirst);
  void death.then(() => (isDead = true));
  const open = new Set<string>();
  await until(
    async () => {
      for (const id of open) if ((await lane.stage.find(id)).settledAt !== null) open.delete(id);
      // A ticket that was lost is made good by the sweep, as in the product; else eight of them end the coming.
      if (open.size >= MOST_OPEN) await lane.stage.sweep([...open]);
      if (!isDead && open.size < MOST_OPEN)
        for (const amount of FATES.keys()) {
          if (random() < 0.5) continue;
          const id = await lane.stage.accept({ amount });
          accepted.set(id, FATES.get(amount) ?? '');
          open.add(id);
        }
      return (isDead && lane.ends.length > before) || lane.ends.some((end) => end !== 'SIGKILL');
    },
    {
      timeoutMs: 30_000,
      everyMs: 120,
      label: () =>
        `a death ${name}, the ${nth}. of them (seed ${SEED}); ${lane.ends.length - before} died meanwhile, ${open.size} payouts are on their way, ${lane.stage.town.bank.messages.waiting('PAYMENT').length} reports wait; the payers said ${lane.said()}`,
    },
  );
}

/** What the killed left is done by who is there, and by the sweep. */
async function allEnd(lane: PayoutLane, accepted: Accepted): Promise<void> {
  const open = new Set(accepted.keys());
  await until(
    async () => {
      await lane.stage.sweep([...open]);
      for (const id of open) {
        const { settledAt, facts } = await lane.stage.find(id);
        if (settledAt !== null && facts.initiatedAt !== undefined) open.delete(id);
      }
      return open.size === 0 && lane.stage.town.bank.messages.waiting('PAYMENT').length === 0;
    },
    {
      timeoutMs: 30_000,
      everyMs: 200,
      label: () => `every payout's end (seed ${SEED}); the payers said ${lane.said()}`,
    },
  );
}

/** The bank's books and ours. Returns how many files came more than once. */
async function judge(lane: PayoutLane, accepted: Accepted): Promise<number> {
  const why = `seed ${SEED}`;
  const files = new Set<string>();
  for (const [id, end] of accepted) {
    const book = lane.stage.atBank(id);
    expect(book, why).toMatchObject({ instructions: 1, executions: end === 'COMPLETED' ? 1 : 0 });
    const [msgId = ''] = book?.msgIds ?? [];
    files.add(msgId);
    const { status, facts } = await lane.stage.find(id);
    expect({ status, ...facts }, why).toMatchObject({ status: end, batchId: msgId, initiatedAt: expect.any(String) });
  }
  expect(lane.stage.town.bank.payouts.counts(), why).toMatchObject({
    payouts: accepted.size,
    instructions: accepted.size,
  });
  const hashes = [...files].map((msgId) => Object.values(lane.stage.town.bank.find(msgId)?.data?.hashes ?? {}));
  // The same key always came with the same bytes.
  for (const each of hashes) expect(each, why).toHaveLength(1);
  return hashes.filter(([times = 0]) => times > 1).length;
}

it(`${KILLS} times kill -9 at random moments: the bank holds each payout exactly once, every end is right`, async () => {
  const random = randomFrom(SEED);
  const deck = [...Object.keys(PLACES), ANY_TIME]
    .flatMap((name) => Array.from({ length: DEATHS_OF_EACH }, () => ({ name, at: random() })))
    .sort((one, other) => one.at - other.at);
  const deaths = new Map<string, number>();
  const repeated = await Promise.all(
    lanes.map(async (lane, at) => {
      const accepted: Accepted = new Map();
      const own = randomFrom(SEED + at);
      for (let next = deck.pop(); next; next = deck.pop()) {
        await dieOnce(lane, next.name, own, accepted);
        deaths.set(next.name, (deaths.get(next.name) ?? 0) + 1);
      }
      await allEnd(lane, accepted);
      return await judge(lane, accepted);
    }),
  );
  // The campaign has been where it hurts, or its verdict counts for nothing.
  const table = JSON.stringify({ seed: SEED, repeated, deaths: Object.fromEntries(deaths) }, null, 1);
  for (const name of [...Object.keys(PLACES), ANY_TIME]) expect(deaths.get(name), table).toBeGreaterThanOrEqual(5);
  const ends = lanes.flatMap((lane) => lane.ends);
  expect(ends.filter((end) => end === 'SIGKILL').length, table).toBeGreaterThanOrEqual(100);
  expect(
    ends.filter((end) => end !== 'SIGKILL'),
    `${table}; the payers said ${lanes.map((lane) => lane.said()).join('')}`,
  ).toEqual([]);
  // The next owner had something to repeat.
  expect(
    repeated.reduce((sum, each) => sum + each, 0),
    table,
  ).toBeGreaterThan(5);
}, 180_000);
