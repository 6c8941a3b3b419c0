import { expect, test } from 'vitest';
import { discoverFaults } from '../src/fault.ts';
import { randomFrom, shuffled } from '../src/random.ts';
import { firstThingsFirst, type Blow } from '../src/schedule.ts';

const TARGETS = ['api-1', 'api-2', 'worker-1', 'worker-2', 'sandbox', 'redis', 'postgres'];

test('a short run meets every fault, a zombie, calls cut off and doors without PostgreSQL before a second of any', async () => {
  const faults = await discoverFaults();
  const all = faults.flatMap((fault) => TARGETS.map((target): Blow => ({ fault, target })));
  for (const seed of [1, 2, 3, 4, 5]) {
    const order = firstThingsFirst(shuffled(randomFrom(seed), all));
    const first = order.slice(0, faults.length + 3);
    expect(new Set(first.map(({ fault }) => fault.name)).size).toBe(faults.length);
    const words = first.map(({ fault, target }) => `${fault.name} ${target}`);
    for (const must of ['freeze worker-1', 'freeze sandbox', 'freeze postgres', 'kill worker-2', 'kill sandbox'])
      expect(words).toContain(must);
    expect(order).toHaveLength(all.length);
  }
});

test('whoever is frozen loses its locks of 6 s', async () => {
  const freeze = (await discoverFaults()).find(({ name }) => name === 'freeze');
  expect(freeze?.holdMs[0]).toBeGreaterThan(6_000);
});
