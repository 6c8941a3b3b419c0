import type { Dies } from '@countersign/testkit';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from './test/judge.ts';
import { openPerils, STORIES, type Perils } from './test/perils.ts';

/**
 * A crash at any instruction, as far as the outside can tell: between two messages of a process to the outside nothing
 * happens but thinking. So the sandbox that carries a payment is killed (SIGKILL, a real process) before its first message,
 * after it, before its second and so on, each time with a payment of its own, up to the last.
 */
const LANES = 3;
/** On a starved machine a life may be a look shorter than the one the moments are counted in, or its sender not wait for the kill. */
const TRIES = 3;

let perils: Perils;
beforeAll(async () => {
  perils = await openPerils({ WORKER_SANDBOXES: String(2 * LANES) });
}, 180_000);
afterAll(() => perils?.close());

/** A payment for every moment of an unharmed one's life (from `since` on, those that `counts`), killed at it. */
async function killAtEveryMoment(story: keyof typeof STORIES, since: string, counts = /./): Promise<string[]> {
  const moments = await momentsOf(story);
  const nthOf = (at: number): number => moments.slice(0, at + 1).filter((each) => each === moments[at]).length;
  const places = moments
    .map((moment, at) => ({ moment, nth: nthOf(at), at }))
    .filter(({ moment, at }) => at >= moments.indexOf(since) && counts.test(moment));
  const deaths = new Set<string>();
  const lane = async (): Promise<void> => {
    for (let place = places.shift(); place; place = places.shift()) {
      const { moment, nth } = place;
      const dies: Dies = (passed) => nameOf(passed.at(-1) ?? '') === moment && count(passed, moment) === nth;
      for (let tries = 0, diedAt = ''; tries < TRIES && diedAt !== moment; tries += 1) {
        const life = await perils.begin(story, dies);
        await judge(perils, story, life);
        diedAt = nameOf(life.watched.diedAt ?? '');
        deaths.add(diedAt);
      }
    }
  };
  await Promise.all(Array.from({ length: LANES }, lane));
  return [...deaths].sort();
}

/** The moments of a payment nobody harms. On a starved machine an answer may come too late, and be asked for: then another's. */
async function momentsOf(story: keyof typeof STORIES): Promise<string[]> {
  for (;;) {
    const unharmed = await perils.begin(story);
    await judge(perils, story, unharmed);
    const moments = unharmed.watched.moments.map(nameOf);
    if (!moments.some((moment) => moment.endsWith('-ramp/v0/transfers') && moment.includes('GET'))) return moments;
  }
}

/** Transfers have ids of their own; a moment's name has none. */
function nameOf(moment: string): string {
  return moment.replace(/transfer_[\w-]+/, '{id}');
}

function count(moments: readonly string[], moment: string): number {
  return moments.filter((each) => nameOf(each) === moment).length;
}

const around = (...messages: string[]) => messages.flatMap((message) => [`before ${message}`, `after ${message}`]);
const CALLED = ['load', 'commit', 'claim', 'POST /client/callbacks/fine', 'end'];
const ramp = (name: string) => [`POST /${name}/v0/transfers`, `GET /${name}/v0/transfers/{id}`];

it('killed before and after every commit, call and callback of a payment: no leg twice, none lost, told', async () => {
  const deaths = await killAtEveryMoment('both ramps', 'before load');
  expect(deaths).toEqual(expect.arrayContaining(around(...CALLED, ...ramp('on-ramp'), ...ramp('off-ramp'))));
}, 600_000);

it('killed at every step of taking it back: reversed once, never half way, told', async () => {
  // Up to the off-ramp it is the same life as above. After a message is as good as before the next: nothing lies between.
  const counts = /^before POST|^after/;
  const deaths = await killAtEveryMoment('the off-ramp refuses: reversed', 'after POST /off-ramp/v0/transfers', counts);
  for (const moment of [...around('POST /on-ramp/v0/transfers', 'POST /client/callbacks/fine'), 'after commit'])
    expect(deaths).toContain(moment);
}, 600_000);
