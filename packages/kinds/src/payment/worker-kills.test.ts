import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from './test/judge.ts';
import { openPerils, type Life, type Perils } from './test/perils.ts';

/**
 * As kills.test.ts, and it is the whole worker that dies: its visits run in it (WORKER_SANDBOX=none), its locks run out, and
 * the next worker finds what it left. Each is killed over a payment of its own at another moment, one after the other; what
 * the dead ones left is taken up by those who come after, and may die with them once more.
 */
let perils: Perils;
beforeAll(async () => {
  perils = await openPerils({ WORKER_SANDBOX: 'none' });
}, 180_000);
afterAll(() => perils?.close());

/** Where something is just about to become true outside, or just has: there a crash could lose or double it. */
const CALLS = ['POST /on-ramp/v0/transfers', 'POST /off-ramp/v0/transfers', 'POST /client/callbacks/fine', 'end'];
const COMMITS = 6;
/** On a starved machine a sender may not wait for the kill. */
const TRIES = 3;

it('a worker killed around every call and after every commit: no leg twice, none lost, told', async () => {
  const places = [
    ...CALLS.flatMap((call) => [`before ${call}`, `after ${call}`]).map((moment) => ({ moment, nth: 1 })),
    ...Array.from({ length: COMMITS }, (_, at) => ({ moment: 'after commit', nth: at + 1 })),
  ];
  const lives: Life[] = [];
  const hit: string[] = [];
  for (const { moment, nth } of places) {
    for (let tries = 0, diedAt: string | undefined; tries < TRIES && diedAt !== moment; tries += 1) {
      const life = await perils.begin(
        'both ramps',
        (passed) => passed.filter((each) => each === moment).length === nth,
      );
      await Promise.race([life.watched.death, life.ends()]);
      lives.push(life);
      diedAt = life.watched.diedAt;
      if (diedAt === moment) hit.push(diedAt);
    }
  }
  await Promise.all(lives.map((life) => judge(perils, 'both ramps', life)));
  expect(hit).toEqual(places.map(({ moment }) => moment));
  expect(perils.workers()).toBeGreaterThan(places.length);
}, 600_000);
