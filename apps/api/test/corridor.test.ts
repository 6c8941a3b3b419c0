import type { Ticket } from '@countersign/flow';
import { createLog } from '@countersign/process';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { createCorridor } from '../src/intake/corridor.ts';
import { createLightClients } from '../src/intake/light-clients.ts';

/** What a client may send at once before it counts as heavy. */
const BURST = 100;

/** A corridor to a Redis with so much room; `down`: it takes nothing. */
function stage({ room = 0, down = false } = {}) {
  const started: string[] = [];
  const unqueued: string[][] = [];
  const producer = {
    room: () => room,
    startFlow: async ({ id }: Omit<Ticket, 'step'>, options?: { readonly first?: boolean }) => {
      if (down) return await Promise.reject(new Error('away'));
      started.push(options?.first ? `${id} first` : id);
    },
    add: () => Promise.resolve(),
    remind: () => Promise.resolve(),
  };
  const intake = { unqueue: (ids: readonly string[]) => Promise.resolve(void unqueued.push([...ids])) };
  const log = createLog({ level: 'silent', name: 'corridor-test' });
  // Nothing comes back meanwhile, however slow the machine is.
  const light = createLightClients(() => 0);
  return { corridor: createCorridor({ producer, intake, log, light }), started, unqueued };
}

const submission = (id: string) => ({ id, kind: 'transaction', clientId: 'crowd', traceparent: '' });

test('with the queues full a crowd’s submissions wait in PostgreSQL; a light client’s few go before them', () => {
  const { corridor, started } = stage({ room: 0 });
  for (let n = 0; n < BURST; n++) expect(corridor.placeFor('crowd')).toBe('first');
  const places = Array.from({ length: 1_000 }, () => corridor.placeFor('crowd'));
  expect(new Set(places)).toEqual(new Set(['later']));
  expect(corridor.placeFor('light')).toBe('first');
  corridor.enter(submission('a'), 'later');
  corridor.enter(submission('b'), 'first');
  expect(started).toEqual(['b first']);
});

test('a hundred at once and fifty a second are light; a crowd is heavy until it was still for two seconds', () => {
  let nowMs = 0;
  const clients = createLightClients(() => nowMs);
  const take = (times: number): number => Array.from({ length: times }, () => clients.take('a')).filter(Boolean).length;
  expect(take(BURST)).toBe(BURST);
  nowMs += 1_000;
  expect(take(50)).toBe(50);
  expect(take(1)).toBe(0);
  // It goes on with sixty a second: its fifty are not light beside its own others.
  for (let second = 0; second < 5; second += 1) {
    nowMs += 1_000;
    expect(take(60)).toBe(0);
  }
  expect(clients.take('b')).toBe(true);
  nowMs += 2_001;
  expect(take(1)).toBe(1);
});

test('while there is room a crowd’s go behind what waits', () => {
  const { corridor } = stage({ room: 1 });
  const places = Array.from({ length: BURST + 100 }, () => corridor.placeFor('crowd'));
  expect(places).toContain('last');
  expect(places).not.toContain('later');
});

test('what Redis did not take is given back to PostgreSQL, a batch by one statement, and drain waits for that', async () => {
  const { corridor, started, unqueued } = stage({ down: true });
  const ids = ['a', 'b', 'c'];
  for (const id of ids) corridor.enter(submission(id), 'last');
  await corridor.drain(5_000);
  expect([started, unqueued]).toEqual([[], [ids]]);
});

test('too many on their way to a Redis that is slow: everybody waits in PostgreSQL, until it answers', async () => {
  const { corridor } = stage({ room: 1_000_000 });
  for (let n = 0; n < 5_000; n++) corridor.enter(submission(String(n)), 'last');
  expect(corridor.placeFor('light')).toBe('later');
  await until(() => corridor.placeFor('light') === 'first');
});
