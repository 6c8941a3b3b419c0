import { done } from '@countersign/flow';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { Turnstile } from '../src/sandbox-pool/turnstile.ts';

const FEW = 16;

/** A turnstile on a clock of the test's own, and visits that work until they are let go. */
function stage() {
  let nowMs = 1_000;
  const turnstile = new Turnstile(() => nowMs);
  const begun: number[] = [];
  const ends = new Map<number, () => void>();
  const begin = (n: number, work?: () => Promise<unknown>, client: string | null = 'crowd'): Promise<unknown> =>
    turnstile.pass(client ?? undefined, async () => {
      begun.push(n);
      await (work?.() ?? new Promise<void>((end) => ends.set(n, end)));
      return done();
    });
  return {
    turnstile,
    begun,
    begin,
    beginAll: (from: number, count: number) => {
      for (let n = from; n < from + count; n += 1) void begin(n);
    },
    async end(n: number) {
      ends.get(n)?.();
      await settled();
    },
    /** The clock goes on, and the turnstile looks at it. */
    async after(ms: number) {
      nowMs += ms;
      await vi.advanceTimersByTimeAsync(10);
    },
  };
}

const settled = async (): Promise<void> => void (await vi.advanceTimersByTimeAsync(0));

beforeEach(() => void vi.useFakeTimers());
afterEach(() => void vi.useRealTimers());

test('a client that nobody else may send beside has the machine to itself: a thousand work at once', async () => {
  const { turnstile, begun, begin, beginAll } = stage();
  turnstile.senders(['crowd']);
  beginAll(0, 1_000);
  // A webhook's ticket does not say whose it is.
  void begin(1_000, undefined, null);
  await settled();
  expect(begun).toHaveLength(1_001);
});

test.each([
  ['nobody has said yet who may send', undefined],
  ['another may send too', ['crowd', 'light']],
  ['only another may send, as when its own keys were revoked', ['light']],
])('%s: sixteen work, each end lets one begin', async (_, senders) => {
  const { turnstile, begun, beginAll, end } = stage();
  if (senders) turnstile.senders(senders);
  beginAll(0, 40);
  await settled();
  expect(begun).toHaveLength(FEW);
  expect(turnstile.counts()).toEqual({ at_work: FEW, in_line: 40 - FEW });
  await end(3);
  expect(begun).toHaveLength(FEW + 1);
});

test('those who wait go on as soon as their client is known to be alone', async () => {
  const { turnstile, begun, beginAll } = stage();
  beginAll(0, 40);
  turnstile.senders(['crowd']);
  await settled();
  expect(begun).toHaveLength(40);
});

test('who waits for a third party leaves its place, and comes back before anybody begins', async () => {
  const { turnstile, begun, begin, beginAll, end } = stage();
  let answer = (): void => undefined;
  let isBack = false;
  void begin(0, async () => {
    await turnstile.outside(() => new Promise<void>((resolve) => (answer = resolve)));
    isBack = true;
    await new Promise(() => undefined);
  });
  beginAll(1, 30);
  await settled();
  expect(begun).toHaveLength(FEW + 1);
  answer();
  await settled();
  expect(isBack).toBe(false);
  await end(5);
  expect([isBack, begun.length]).toEqual([true, FEW + 1]);
});

test('a wait that fails takes its place again too, and its error goes on', async () => {
  const { turnstile, begin } = stage();
  const fails = begin(0, () => turnstile.outside(() => Promise.reject(new Error('no answer'))));
  await expect(fails).rejects.toThrow('no answer');
});

test("a crowd does not give way to light visits of its own client: every crowd's first hundred are light", async () => {
  const { turnstile, begun, begin, beginAll } = stage();
  turnstile.light('crowd', true);
  beginAll(0, 40);
  await settled();
  expect(begun).toHaveLength(FEW);
  // Another's crowd does.
  turnstile.senders(['crowd']);
  await settled();
  expect(begun).toHaveLength(40);
  void begin(40, undefined, 'another crowd');
  await settled();
  expect(begun).toHaveLength(40);
});

test('while visits of light clients are in hand none begins, for 100 ms at most; then the crowd has as long', async () => {
  const { turnstile, begun, beginAll, after } = stage();
  turnstile.light('light', true);
  beginAll(0, 1);
  await after(90);
  expect(begun).toHaveLength(0);
  await after(20);
  expect(begun).toHaveLength(1);
  // Used up: it comes back while none is in hand.
  turnstile.light('light', false);
  turnstile.light('light', true);
  beginAll(1, 1);
  await settled();
  expect(begun).toHaveLength(2);
  turnstile.light('light', false);
  await after(50);
  turnstile.light('light', true);
  beginAll(2, 1);
  await after(40);
  expect(begun).toHaveLength(2);
  await after(20);
  expect(begun).toHaveLength(3);
});

test('the end of the last light visit ends the pause at once', async () => {
  const { turnstile, begun, beginAll } = stage();
  turnstile.light('light', true);
  beginAll(0, 3);
  await settled();
  expect(begun).toHaveLength(0);
  turnstile.light('light', false);
  await settled();
  expect(begun).toHaveLength(3);
});

test('a visit that hangs holds its place for two seconds, not for ever', async () => {
  const { begun, beginAll, after } = stage();
  beginAll(0, FEW + 2);
  await after(1_900);
  expect(begun).toHaveLength(FEW);
  await after(200);
  expect(begun).toHaveLength(FEW + 2);
});
