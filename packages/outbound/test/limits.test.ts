import { fork } from 'node:child_process';
import { once } from 'node:events';
import { setImmediate as nextTurn, setTimeout as pause } from 'node:timers/promises';
import { ownClock, stall, testRedis, until } from '@countersign/testkit';
import { expect, onTestFinished, test } from 'vitest';
import { type Busy, type Limits, type LimitsSettings, type Permit, isPermit, openLimits } from '../src/index.ts';
import { redisProxy } from './redis-proxy.ts';

/** Redis is there, and merely paused like everything on a busy machine: what holds only while it is there is not put to that test. */
const PATIENT = { answerWithinMs: 10_000 };

/** `count` replicas on a Redis of their own. */
async function replicas(count: number, settings: Partial<LimitsSettings> = {}): Promise<Limits[]> {
  const { url, prefix } = await testRedis();
  return Promise.all(Array.from({ length: count }, () => replica({ redisUrl: url, prefix, ...PATIENT, ...settings })));
}

async function replica(settings: LimitsSettings): Promise<Limits> {
  const limits = await openLimits(settings);
  onTestFinished(() => limits.close());
  return limits;
}

async function permitOf(limits: Limits, concurrency: number, patienceMs = 5_000): Promise<Permit> {
  const given = await limits.acquire('registry', { concurrency, patienceMs });
  if (!isPermit(given)) throw new Error(`busy for ${given.busyForMs} ms`);
  return given;
}

/** Takes permits until told to come back; asks again after a while so that a late share comes too. */
async function takeWhatThereIs(limits: Limits, concurrency: number): Promise<Permit[]> {
  const taken: Permit[] = [];
  for (;;) {
    const given = await limits.acquire('registry', { concurrency, patienceMs: 300 });
    if (!isPermit(given)) return taken;
    taken.push(given);
  }
}

/** Takes as many permits as there must be, each waited for (less long than a lease lasts), and sees that there is no other. */
async function takeAll(limits: Limits, concurrency: number): Promise<Permit[]> {
  const taken: Permit[] = [];
  while (taken.length < concurrency) taken.push(await permitOf(limits, concurrency));
  expect(await limits.acquire('registry', { concurrency, patienceMs: 300 })).toHaveProperty('busyForMs');
  return taken;
}

test('two replicas together never have more calls in flight than the concurrency, and use all of it', async () => {
  const both = await replicas(2);
  let inFlight = 0;
  let most = 0;
  const done = [0, 0];
  const caller = async (which: number): Promise<void> => {
    const limits = both[which];
    for (let n = 0; limits && n < 40; n += 1) {
      const permit = await permitOf(limits, 8, 20_000);
      inFlight += 1;
      most = Math.max(most, inFlight);
      await pause(1 + (n % 4));
      inFlight -= 1;
      permit.release('answered');
      done[which] = (done[which] ?? 0) + 1;
    }
  };
  await Promise.all([0, 1].flatMap((which) => Array.from({ length: 20 }, () => caller(which))));
  expect(done).toEqual([800, 800]);
  expect(most).toBe(8);
});

test('three replicas that come and go never have more in flight than the concurrency, and all are served', async () => {
  const all = await replicas(3);
  let inFlight = 0;
  let most = 0;
  const caller = async (limits: Limits, nth: number): Promise<void> => {
    for (let n = 0; n < 30; n += 1) {
      const permit = await permitOf(limits, 5, 20_000);
      most = Math.max(most, (inFlight += 1));
      await pause((n * 7 + nth) % 5);
      inFlight -= 1;
      permit.release();
      // Now and then a whole replica falls idle for long enough to give back.
      if (n % 10 === 9) await pause(400 * (nth % 4));
    }
  };
  await Promise.all(all.flatMap((limits, which) => [0, 1, 2, 3].map((nth) => caller(limits, which + nth))));
  expect(most).toBeLessThanOrEqual(5);
});

test('a busy destination costs Redis a few questions, not one per call', async () => {
  const { url, prefix } = await testRedis();
  const proxy = await redisProxy(url);
  const limits = await replica({ redisUrl: proxy.url, prefix, ...PATIENT });
  const caller = async (): Promise<void> => {
    for (let n = 0; n < 200; n += 1) {
      const permit = await permitOf(limits, 50);
      await new Promise(setImmediate);
      permit.release('answered');
    }
  };
  const before = proxy.packets();
  await Promise.all(Array.from({ length: 20 }, caller));
  expect(proxy.packets() - before).toBeLessThan(40); // for 4,000 calls
});

test('a permit in hand is given at once, not by a promise', async () => {
  const [limits] = await replicas(1);
  if (!limits) throw new Error('no limits');
  (await permitOf(limits, 50)).release();
  const given = limits.acquire('registry', { concurrency: 50, patienceMs: 1_000 });
  expect(given).not.toBeInstanceOf(Promise);
  expect(isPermit(given as Permit)).toBe(true);
});

test('a replica that comes late to a destination in full use gets its share as calls end', async () => {
  const [first, second] = await replicas(2);
  if (!first || !second) throw new Error('no limits');
  const taken = await takeAll(first, 10);
  const late = permitOf(second, 10);
  await until(() => second.snapshot()['registry']?.waiting === 1);
  for (const permit of taken.splice(0, 1)) permit.release();
  expect(isPermit(await late)).toBe(true);
});

test('with one permit for two replicas that both always want it, they take turns', async () => {
  const both = await replicas(2);
  const turns: number[] = [];
  let inFlight = 0;
  const caller = async (which: number): Promise<void> => {
    const limits = both[which];
    while (limits && turns.length < 30) {
      const permit = await permitOf(limits, 1, 10_000);
      expect((inFlight += 1)).toBe(1);
      turns.push(which);
      await pause(2);
      inFlight -= 1;
      permit.release();
    }
  };
  await Promise.all([caller(0), caller(0), caller(1), caller(1)]);
  expect(turns.filter((which) => which === 0).length).toBeGreaterThan(5);
  expect(turns.filter((which) => which === 1).length).toBeGreaterThan(5);
});

test('idle permits go back, so that another replica can have them all', async () => {
  const [first, second] = await replicas(2);
  if (!first || !second) throw new Error('no limits');
  for (const permit of await takeAll(first, 10)) permit.release();
  await until(() => first.snapshot()['registry'] === undefined);
  await takeAll(second, 10);
});

test('the rate is kept over two replicas: within 10 % of what was asked for', async () => {
  const both = await replicas(2);
  const rules = { concurrency: 50, ratePerSecond: 200, patienceMs: 400 };
  const began: number[] = [];
  const startedMs = performance.now();
  const elapsedMs = (): number => performance.now() - startedMs;
  // A machine that stands still makes fewer calls in that second: one second in which it did not is enough.
  let wasUsed = false;
  const caller = async (limits: Limits): Promise<void> => {
    while (elapsedMs() < 2_000 || (!wasUsed && elapsedMs() < 15_000)) {
      const given = await limits.acquire('registry', rules);
      if (!isPermit(given)) continue;
      began.push(elapsedMs());
      wasUsed ||= elapsedMs() - (began.at(-180) ?? -Infinity) < 1_000;
      given.release();
    }
  };
  await Promise.all(both.flatMap((limits) => [caller(limits), caller(limits), caller(limits)]));
  expect(wasUsed, '180 calls within a second').toBe(true);
  expect(began.length / (elapsedMs() / 1_000)).toBeLessThan(220);
});

test('a rate below one per second lets one call through and says when the next may come', async () => {
  const [limits] = await replicas(1);
  if (!limits) throw new Error('no limits');
  const rules = { concurrency: 5, ratePerSecond: 0.1 };
  expect(isPermit(await limits.acquire('registry', { ...rules, patienceMs: 5_000 }))).toBe(true);
  const second = await limits.acquire('registry', { ...rules, patienceMs: 200 });
  expect(isPermit(second)).toBe(false);
  expect((second as Busy).busyForMs).toBeGreaterThan(500);
});

test('a killed process’ permits come back when its lease ends', async () => {
  const { url, prefix } = await testRedis();
  const child = fork(new URL('./limits-hog.ts', import.meta.url), {
    env: { ...process.env, HOG_URL: url, HOG_PREFIX: prefix },
  });
  onTestFinished(() => void child.kill('SIGKILL'));
  const [taken] = (await once(child, 'message')) as [number];
  expect(taken).toBe(6);
  const limits = await replica({ redisUrl: url, prefix, ...PATIENT });
  expect(await limits.acquire('registry', { concurrency: 6, patienceMs: 150 })).toHaveProperty('busyForMs');
  child.kill('SIGKILL');
  await permitOf(limits, 6, 8_000);
});

test('a living process keeps its permits beyond the lease', async () => {
  // A process that stands still for longer than its lease has lost it: longer than any machine stands still here.
  const [first, second] = await replicas(2, { leaseMs: 3_000, heartbeatMs: 150 });
  if (!first || !second) throw new Error('no limits');
  await takeAll(first, 4);
  // Nobody asks meanwhile: a hungry neighbour alone would make the first one renew.
  await pause(3_500);
  expect(await second.acquire('registry', { concurrency: 4, patienceMs: 300 })).toHaveProperty('busyForMs');
});

test('patience that runs out is kept to, with a hint when to come back', async () => {
  const [limits] = await replicas(1);
  if (!limits) throw new Error('no limits');
  await permitOf(limits, 1);
  const askedAt = performance.now();
  const given = await limits.acquire('registry', { concurrency: 1, patienceMs: 100 });
  expect(performance.now() - askedAt).toBeGreaterThan(95);
  expect((given as Busy).busyForMs).toBeGreaterThan(0);
  expect(limits.acquire('registry', { concurrency: 1, patienceMs: 0 })).toHaveProperty('busyForMs');
});

test('a pause holds for all replicas, those with permits in hand and those that come later', async () => {
  const { url, prefix } = await testRedis();
  const settings = { redisUrl: url, prefix, ...PATIENT };
  // The second one asks Redis so rarely that it can only have been told.
  const rarely = { ...settings, leaseMs: 120_000, heartbeatMs: 60_000 };
  const [first, second] = await Promise.all([replica(settings), replica(rarely)]);
  (await permitOf(second, 50)).release();
  first.pause('registry', 4_000);
  const pausedAt = performance.now();
  expect(first.acquire('registry', { concurrency: 50, patienceMs: 100 })).toHaveProperty('busyForMs');
  await until(() => {
    const given = second.acquire('registry', { concurrency: 50, patienceMs: 0 });
    if ('release' in given) given.release();
    // Longer than a replica says that merely has no permit in hand.
    return 'busyForMs' in given && given.busyForMs > 500;
  });
  first.pause('registry', 10); // a shorter one changes nothing
  const third = await replica(settings);
  await permitOf(third, 50, 10_000);
  expect(performance.now() - pausedAt).toBeGreaterThan(3_950);
  expect(await first.acquire('other', { concurrency: 50, patienceMs: 5_000 })).toHaveProperty('release');
});

test('a destination that stays silent is tried by one call at a time until it answers', async () => {
  const [limits] = await replicas(1);
  if (!limits) throw new Error('no limits');
  for (const permit of await takeAll(limits, 10)) permit.release('silent');
  expect(limits.snapshot()['registry']?.halfOpen).toBe(true);
  const probe = await permitOf(limits, 10);
  expect(await limits.acquire('registry', { concurrency: 10, patienceMs: 50 })).toHaveProperty('busyForMs');
  probe.release('answered');
  await takeAll(limits, 10);
});

test('a permit released twice counts once', async () => {
  const [limits] = await replicas(1);
  if (!limits) throw new Error('no limits');
  const permit = await permitOf(limits, 2);
  permit.release();
  permit.release();
  await takeAll(limits, 2);
});

test.each(['cut', 'silence'] as const)(
  'Redis %s: permits held go on, then a quarter of the limit, decided in time',
  async (how) => {
    const { url, prefix } = await testRedis();
    const proxy = await redisProxy(url);
    const states: string[] = [];
    const settings = { prefix, leaseMs: 800, heartbeatMs: 100, onRedis: (state: string) => states.push(state) };
    const limits = await replica({ ...settings, redisUrl: proxy.url });
    const taken = await takeAll(limits, 8);
    const clock = ownClock();
    proxy[how]();
    await until(() => states.includes('lost'));
    for (const permit of taken.splice(0)) permit.release();
    let mostMs = 0;
    const alone = await until(
      async () => {
        const askedAt = clock();
        const given = await takeWhatThereIs(limits, 8);
        mostMs = Math.max(mostMs, clock() - askedAt);
        if (given.length === 2) return given;
        // All that it held before are its own until the lease is over.
        for (const permit of given) permit.release();
        return undefined;
      },
      { label: 'no more than a quarter to be given' },
    );
    expect(mostMs).toBeLessThan(2_000);
    proxy.heal();
    await until(() => states.includes('back'));
    for (const permit of alone) permit.release();
    await takeAll(limits, 8);
  },
);

test('Redis never there: opening ends, calls are decided in time, nothing is unlimited', async () => {
  const { url, prefix } = await testRedis();
  const proxy = await redisProxy(url);
  proxy.cut();
  const limits = await replica({ redisUrl: proxy.url, prefix });
  const clock = ownClock();
  const askedAt = clock();
  expect(await takeWhatThereIs(limits, 8)).toHaveLength(2);
  expect(clock() - askedAt).toBeLessThan(2_000);
  // Alone it is one call in 40 s.
  const slow = { concurrency: 100, ratePerSecond: 0.1, patienceMs: 50 };
  expect(await limits.acquire('slow', slow)).toHaveProperty('release');
  expect(await limits.acquire('slow', slow)).toHaveProperty('busyForMs');
  proxy.heal();
  await until(async () => (await takeWhatThereIs(limits, 8)).length > 0);
});

test('a stall of our own is no silence of Redis: what it answered meanwhile is read first', async () => {
  const { url, prefix } = await testRedis();
  const states: string[] = [];
  const limits = await replica({ redisUrl: url, prefix, answerWithinMs: 100, onRedis: (state) => states.push(state) });
  const asking = permitOf(limits, 4);
  await nextTurn();
  stall(1_800);
  (await asking).release();
  expect(states).toEqual([]);
});

test('closing gives the permits back at once and tells those who wait', async () => {
  const [first, second] = await replicas(2);
  if (!first || !second) throw new Error('no limits');
  (await permitOf(first, 1)).release();
  const held = await permitOf(first, 1);
  const waiting = first.acquire('registry', { concurrency: 1, patienceMs: 10_000 });
  held.release();
  ((await waiting) as Permit).release();
  await first.close();
  await takeAll(second, 1);
  expect(await first.acquire('registry', { concurrency: 1, patienceMs: 100 })).toHaveProperty('busyForMs');
});
