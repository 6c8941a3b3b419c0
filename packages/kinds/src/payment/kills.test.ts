import type { Dies } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from './test/judge.ts';
import { nameOf, openPerils, STORIES, type Perils } from './test/perils.ts';

/**
 * A crash at any instruction, as far as the outside can tell: between two messages of a process to the outside nothing
 * happens but thinking. So the sandbox that carries a payment is killed (SIGKILL, a real process) before its first message,
 * after it, before its second and so on, each time with a payment of its own, until one comes to its end unharmed.
 */
const LANES = 3;
/** An end reached unharmed is believed when it was reached so often: on a starved machine a life may be a look shorter. */
const UNHARMED = 1;

let perils: Perils;
beforeAll(async () => {
  perils = await openPerils({ WORKER_SANDBOXES: String(2 * LANES) });
}, 60_000);
afterAll(() => perils?.close());

/** `counts`: the moments at which it dies, in turn; all, unless told. */
async function killAtEveryMoment(story: keyof typeof STORIES, first = 1, counts = /./): Promise<string[]> {
  const deaths: string[] = [];
  let unharmed = 0;
  let next = first;
  const lane = async (): Promise<void> => {
    while (unharmed < UNHARMED) {
      const nth = next++;
      const isThere = (moment: string | undefined) => counts.test(moment ?? '');
      const dies: Dies = (moments) => isThere(moments.at(-1)) && moments.filter(isThere).length === nth;
      const life = await perils.begin(story, dies);
      await judge(perils, story, life);
      if (life.watched.diedAt === undefined) unharmed += 1;
      else deaths.push(nameOf(life.watched.diedAt));
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return deaths;
}

const around = (...messages: string[]) => messages.flatMap((message) => [`before ${message}`, `after ${message}`]);
const CALLED = ['load', 'commit', 'claim', 'POST /client/callbacks/fine', 'end'];
const ramp = (name: string) => [`POST /${name}/v0/transfers`, `GET /${name}/v0/transfers/{id}`];

it('killed before and after every commit, call and callback of a payment: no leg twice, none lost, told', async () => {
  const deaths = await killAtEveryMoment('both ramps');
  expect(new Set(deaths)).toEqual(new Set(around(...CALLED, ...ramp('on-ramp'), ...ramp('off-ramp'))));
  expect(deaths.length).toBeGreaterThan(40);
}, 300_000);

it('killed before and after every step of taking it back: reversed once, never half way, told', async () => {
  const unharmed = await perils.begin('the off-ramp refuses: reversed');
  await judge(perils, 'the off-ramp refuses: reversed', unharmed);
  // Up to the off-ramp it is the same life as above. After a message is as good as before the next: nothing lies between.
  const counts = /^before POST|^after/;
  const before = unharmed.watched.moments.slice(
    0,
    unharmed.watched.moments.indexOf('after POST /off-ramp/v0/transfers'),
  );
  const deaths = await killAtEveryMoment(
    'the off-ramp refuses: reversed',
    before.filter((m) => counts.test(m)).length + 1,
    counts,
  );
  for (const moment of [...around('POST /on-ramp/v0/transfers', 'POST /client/callbacks/fine'), 'after commit'])
    expect(deaths).toContain(moment);
  expect(deaths.length).toBeGreaterThan(15);
}, 300_000);
