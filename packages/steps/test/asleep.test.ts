import type { Answer, Ask } from '@countersign/flow';
import { expect, it } from 'vitest';
import { FIRST, machine, Street } from './street.ts';
import { WINDOW_MS } from './moody-registry.ts';

/** A process that is stopped (SIGSTOP) between its intent and the call's first byte: the clock goes on, and on waking so does it. */
const UNSENT: Answer = {
  type: 'unclear',
  effect: 'none',
  reason: 'aborted',
  evidence: { requestId: '-', durationMs: 0 },
};
/** The way to the registry, which asks at the first byte as the caller does. */
function wayOf(street: Street, beforeFirstByte: (n: number) => Promise<void>, idempotentForMs = 0) {
  const registry = street.registry.provider();
  let calls = 0;
  const tell = async (ask: Ask): Promise<Answer> => {
    await beforeFirstByte((calls += 1));
    return ask.isStillDue?.() === false ? UNSENT : await registry.tell(ask);
  };
  Object.assign(street.house, { provider: () => ({ ...registry, idempotentForMs, tell }) });
}

it.each([
  [0, ['attempt.started 1', 'attempt 1 busy', 'attempt.started 1', 'attempt 1 done']],
  [Number.POSITIVE_INFINITY, ['attempt.started 1', 'attempt 1 done']],
])('stopped for 3 s before the first byte: nothing leaves, and it is no try (a key for %s ms)', async (key, lines) => {
  const street = new Street([{ answer: 'completed' }]);
  wayOf(street, async (n) => void (machine.ranMs += n === 1 ? 3_000 : 0), key);
  await street.live();
  expect(street.row).toMatchObject({ status: 'COMPLETED', registrations: [{ attempts: 1 }] });
  const told = street.cellar.history.map(({ entry: { type, attempt, to } }) => [type, attempt, to].join(' ').trim());
  expect(told.filter((line) => line.startsWith('attempt'))).toEqual(lines);
});

it('who is told by several slow requests is told all the same', async () => {
  const street = new Street([{ answer: 'completed' }]);
  const registry = street.registry.provider();
  const tell = async (ask: Ask): Promise<Answer> => {
    for (const request of ['sign in', 'open', 'sell']) {
      if (ask.isStillDue?.() === false) throw new Error(`not due any more: ${request}`);
      machine.ranMs += 1_500;
    }
    return await registry.tell(ask);
  };
  Object.assign(street.house, { provider: () => ({ ...registry, tell }) });
  await street.live();
  expect(street.row).toMatchObject({ status: 'COMPLETED', registrations: [{ attempts: 1 }] });
});

it('on waking it neither sends nor touches the try that another has made meanwhile', async () => {
  const street = new Street([{ answer: 'completed' }]);
  const [asleep, woken] = [Promise.withResolvers<void>(), Promise.withResolvers<void>()];
  let zombie: Promise<unknown> = Promise.resolve();
  wayOf(street, async (n) => {
    if (n === 1) {
      asleep.resolve();
      await woken.promise;
      machine.ranMs += WINDOW_MS;
      return;
    }
    // The second try is about to leave when the first wakes.
    woken.resolve();
    await zombie;
    machine.ranMs = 0;
    expect(street.row.registrations[0]).toMatchObject({ attempts: 2, tellingSince: expect.any(Number) });
  });
  zombie = street.look(FIRST, 'zombie');
  await asleep.promise;
  street.cellar.nowMs += 2 * WINDOW_MS;
  await street.live();
  expect(street.registry.posts).toHaveLength(1);
  expect(street.row).toMatchObject({ status: 'COMPLETED', registrations: [{ attempts: 2 }] });
});

it('on waking it posts no callback: a newer one may have gone out meanwhile', async () => {
  const street = new Street([{ answer: 'completed' }]);
  const { post } = street.house.letterbox;
  let calls = 0;
  Object.assign(street.house, {
    letterbox: {
      post: async (...[callback, body, how]: Parameters<typeof post>) => {
        machine.ranMs += (calls += 1) === 1 ? 6_000 : 0;
        if (how.isStillDue()) return await post(callback, body, how);
        return { type: 'failed', durationMs: 0, error: 'aborted' };
      },
    },
  });
  await street.live();
  expect([calls, street.posted.length]).toEqual([2, 1]);
  const lines = street.cellar.history.map(({ entry }) => entry).filter(({ type }) => type === 'callback');
  expect(lines.map(({ statusCode, reason }) => statusCode ?? reason)).toEqual(['not sent: its claim had ended', 200]);
});
