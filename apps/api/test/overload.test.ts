import { until } from '@countersign/testkit';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { MAX_LOOP_DELAY_MS } from '../src/plugins/limits.ts';
import { openDoor, type Stage } from './stage.ts';

let door: Stage;
beforeAll(async () => {
  door = await openDoor({ settings: { maxLoopDelayMs: MAX_LOOP_DELAY_MS } });
});
afterAll(() => door.close());

/** Every turn of the event loop takes this long: what overload is. More than the 400 ms at which the door sheds. */
const TURN_MS = 600;

function overload(): () => void {
  const timer = setInterval(() => {
    const end = performance.now() + TURN_MS;
    while (performance.now() < end);
  }, 1);
  return () => clearInterval(timer);
}

test('a door that falls behind turns requests away at once with Retry-After, keeps answering health, and recovers', async () => {
  const key = (await door.client()).key;
  let n = 0;
  const post = () =>
    door.call('/v1/transactions', { key, json: { id: `overload-${(n += 1)}`, amount: '1.00', currency: 'EUR' } });
  expect((await post()).status).toBe(202);
  const relieve = overload();
  const shed = await until(async () => {
    const answer = await post();
    return answer.status === 503 && answer;
  });
  const refused = `overload-${n}`;
  expect((await door.call('/health/live')).status).toBe(200);
  relieve();
  expect(shed.headers['retry-after']).toBeDefined();
  expect(shed.headers['content-type']).toContain('application/problem+json');
  await until(async () => (await post()).status === 202, { label: 'the door to take requests again' });
  // What was turned away left nothing behind: the same id is free.
  expect((await door.call(`/v1/transactions/${refused}`, { key })).status).toBe(404);
});
