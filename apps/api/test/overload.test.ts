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
const TURN_MS = 450;

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
  const taken = async () => (await post()).status === 202;
  // A door that has just started on a busy machine may have reason to turn somebody away.
  await until(taken, { label: 'the door to take requests' });
  const relieve = overload();
  const shed = await until(async () => {
    const answer = await post();
    return answer.status === 503 && answer;
  });
  const refused = `overload-${n}`;
  expect((await door.call('/health/live')).status).toBe(200);
  // A third party's word may come only once: it is heard, and this one's token is nobody's.
  expect((await door.call('/webhooks/registry/no-such-token', { json: {} })).status).toBe(401);
  relieve();
  expect(shed.headers['retry-after']).toBeDefined();
  expect(shed.headers['content-type']).toContain('application/problem+json');
  await until(taken, { label: 'the door to take requests again' });
  // What was turned away left nothing behind: the same id is free.
  const read = await until(async () => {
    const { status } = await door.call(`/v1/transactions/${refused}`, { key });
    return status !== 503 && status;
  });
  expect(read).toBe(404);
});
