import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from './test/judge.ts';
import { openPerils, type Life, type Perils } from './test/perils.ts';
import { nameOfPlace, Reaper } from './test/reaper.ts';

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
const AROUND = CALLS.flatMap((call) => [`before ${call}`, `after ${call}`]);
/** The least a payment has: the first intent; then of each leg what was answered, and what its look found (the next intent with it). */
const COMMITS = 5;
/** Those above, one that is spared, and as many again for a starved machine's looks. */
const MOST_LIVES = 30;

it('a worker killed around every call and after every commit: no leg twice, none lost, told', async () => {
  const reaper = new Reaper(({ moment, nth }) => moment === 'after commit' || (nth === 1 && AROUND.includes(moment)));
  const lives: Life[] = [];
  for (let fate = ''; fate !== 'spared';) {
    const died = reaper.died.map(nameOfPlace);
    if (lives.length === MOST_LIVES) throw new Error(`still a new place after ${MOST_LIVES} lives; died: ${died}`);
    const next = reaper.next();
    const life = await perils.begin('both ramps', next.dies);
    await Promise.race([life.watched.death, life.ends()]);
    lives.push(life);
    fate = next.fate(life.watched);
  }
  await Promise.all(lives.map((life) => judge(perils, 'both ramps', life)));
  const places = [
    ...AROUND.map((moment) => ({ moment, nth: 1 })),
    ...Array.from({ length: COMMITS }, (_, at) => ({ moment: 'after commit', nth: at + 1 })),
  ];
  expect(reaper.died).toEqual(expect.arrayContaining(places));
  expect(perils.crew.started()).toBeGreaterThan(reaper.died.length);
}, 600_000);
