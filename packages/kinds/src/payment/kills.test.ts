import { afterAll, beforeAll, expect, it } from 'vitest';
import { judge } from './test/judge.ts';
import { openPerils, type STORIES, type Perils } from './test/perils.ts';
import { nameOfPlace, Reaper, type Place } from './test/reaper.ts';

/**
 * A crash at any instruction, as far as the outside can tell: between two messages of a process to the outside nothing
 * happens but thinking. So the sandbox that carries a payment is killed (SIGKILL, a real process) before its first message,
 * after it, before its second and so on, each time with a payment of its own, up to the last.
 */
const LANES = 2;
/** An unharmed payment has 44 moments at most here (60 when it is taken back, not all count): one death each, one spared in each lane; the rest are a starved machine's looks. */
const MOST_LIVES = 100;

/** A house each: a light client's payments are all in the same sandbox, and those of another lane would die with it. */
const lanes: Perils[] = [];
beforeAll(async () => {
  const open = async (): Promise<unknown> => lanes.push(await openPerils({ WORKER_SANDBOXES: '1' }));
  await Promise.all(Array.from({ length: LANES }, open));
}, 180_000);
afterAll(async () => {
  await Promise.all(lanes.map((lane) => lane.close()));
});

/** Payments whose process is killed, each at another place of those that count, until one comes by none that is left. */
async function killEverywhere(story: keyof typeof STORIES, wants: ConstructorParameters<typeof Reaper>[0]) {
  const reaper = new Reaper(wants);
  let lives = 0;
  await Promise.all(
    lanes.map(async (perils) => {
      for (let fate = ''; fate !== 'spared';) {
        const died = reaper.died.map(nameOfPlace).join(', ');
        if ((lives += 1) > MOST_LIVES) throw new Error(`still a new place after ${MOST_LIVES} lives; died: ${died}`);
        const next = reaper.next();
        const life = await perils.begin(story, next.dies);
        // A death that missed is no second chance: this life is judged as well, and the place stays to be died at.
        await judge(perils, story, life);
        fate = next.fate(life.watched);
      }
    }),
  );
  return reaper.died.map(({ moment }) => moment);
}

const around = (...messages: string[]) => messages.flatMap((message) => [`before ${message}`, `after ${message}`]);
const CALLED = ['load', 'commit', 'claim', 'POST /client/callbacks/fine', 'end'];
const ramp = (name: string) => [`POST /${name}/v0/transfers`, `GET /${name}/v0/transfers/{id}`];

it('killed before and after every commit, call and callback of a payment: no leg twice, none lost, told', async () => {
  const deaths = await killEverywhere('both ramps', () => true);
  expect(deaths).toEqual(expect.arrayContaining(around(...CALLED, ...ramp('on-ramp'), ...ramp('off-ramp'))));
}, 600_000);

it('killed at every step of taking it back: reversed once, never half way, told', async () => {
  // Up to the off-ramp it is the same life as above. After a message is as good as before the next: nothing lies between.
  const wants = ({ moment }: Place, passed: readonly string[]): boolean =>
    passed.includes('after POST /off-ramp/v0/transfers') && /^before POST|^after/.test(moment);
  const deaths = await killEverywhere('the off-ramp refuses: reversed', wants);
  for (const moment of [...around('POST /on-ramp/v0/transfers', 'POST /client/callbacks/fine'), 'after commit'])
    expect(deaths).toContain(moment);
}, 600_000);
