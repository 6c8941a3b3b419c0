import type { Ticket, Word } from '@countersign/flow';
import { visit } from '@countersign/steps';
import { describe, expect, it } from 'vitest';
import { type End, type PostFate } from './test/bridge.ts';
import { FIRST, Road, type Script } from './test/road.ts';

const DONE = 'payment_processed';
const script = (
  part: { fates?: Record<string, PostFate[]>; ends?: Record<string, End>; againMs?: number } = {},
): Script => ({
  fates: part.fates ?? {},
  ends: { on: DONE, off: DONE, reverse: DONE, ...part.ends },
  againMs: part.againMs ?? 6_000,
});
const effects = ({ bridge }: Road) => ['on', 'off', 'reverse'].map((leg) => bridge.of(leg).length);
const told = ({ posted }: Road) => posted.map(({ type }) => type);
const lives = async (road: Road, until?: () => boolean) => {
  await road.live(until);
  return road;
};

describe('the life of a payment', () => {
  it('both ramps: COMPLETED with both ids and the time, called back once', async () => {
    const road = await lives(new Road(script()));
    expect(road.cellar.statuses).toEqual(['PENDING', 'PROCESSING', 'COMPLETED']);
    expect(effects(road)).toEqual([1, 1, 0]);
    expect(road.row.facts).toMatchObject({
      onRampTxId: 't-0',
      offRampTxId: 't-1',
      onRamp: { payoutAmount: '106.919999' },
    });
    expect(road.row.facts['processedAt']).toMatch(/^\d{4}-.*Z$/);
    expect(told(road)).toEqual(['payment.completed']);
    const { onRampTxId, offRampTxId } = road.row.facts;
    expect(road.cellar.callbacks[0]?.callback.snapshot.facts).toMatchObject({ onRampTxId, offRampTxId });
  });

  it('nothing is asked before the very first try, because the key makes it safe', async () => {
    const road = new Road(script());
    await lives(road, () => road.bridge.posts.length > 0);
    expect(road.cellar.history.map(({ entry }) => entry.type)).not.toContain('look');
  });

  it('the keys are stored before the first call and never change', async () => {
    const road = new Road(script({ fates: { on: ['silent-lost', 'too-many', 'kept-late'] } }));
    let stored: string | undefined;
    road.bridge.gate = (call) => {
      if (call === 'POST') stored ??= road.leg('on')?.idempotencyKey;
      return Promise.resolve();
    };
    await lives(road);
    const keys = road.bridge.posts.filter((post) => post.leg === 'on').map((post) => post.key);
    expect(keys.length).toBeGreaterThan(1);
    expect(new Set([...keys, stored, road.leg('on')?.idempotencyKey]).size).toBe(1);
    expect(new Set(road.row.registrations.map((r) => r.idempotencyKey)).size).toBe(2);
    expect(road.row.status).toBe('COMPLETED');
  });

  it.each(['refunded', 'canceled'] as const)('the on-ramp %s: FAILED, nothing to take back', async (end) => {
    const road = await lives(new Road(script({ ends: { on: end } })));
    expect(road.row).toMatchObject({ status: 'FAILED', failure: { code: end.toUpperCase(), provider: 'on-ramp' } });
    expect(effects(road)).toEqual([1, 0, 0]);
    expect(told(road)).toEqual(['payment.failed']);
  });

  it.each([{ ends: { off: 'refunded' as const } }, { fates: { off: ['rejected' as const] } }])(
    'the off-ramp refuses (%j): reversed, then FAILED with both ids and the reason',
    async (part) => {
      const road = await lives(new Road(script(part)));
      expect(road.row).toMatchObject({ status: 'FAILED', failure: { provider: 'off-ramp' } });
      expect(effects(road)).toEqual([1, 'ends' in part ? 1 : 0, 1]);
      expect(road.row.facts).toMatchObject({ onRampTxId: expect.any(String), reverseTxId: expect.any(String) });
      const { onRampTxId, offRampTxId = 'none', reverseTxId } = road.row.facts;
      const ids = `on: ${String(onRampTxId)}, off: ${String(offRampTxId)}, reverse: ${String(reverseTxId)}`;
      expect(road.cellar.history.find(({ entry }) => entry.to === 'FAILED')?.entry.reason).toBe(ids);
      expect(told(road)).toEqual(['payment.failed']);
      const reverse = road.bridge.posts.find((post) => post.leg === 'reverse');
      expect(JSON.parse(reverse?.body ?? '{}')).toMatchObject({
        amount: '106.919999',
        source: { currency: 'usdc' },
        destination: { currency: 'eur', external_account_id: 'acct-a' },
      });
    },
  );

  it.each([
    { ends: { off: 'canceled', reverse: 'refunded' } },
    { ends: { off: 'canceled', reverse: 'undeliverable' } },
  ] as const)('the reverse fails too (%j): UNRESOLVED with a dead letter, never FAILED', async ({ ends }) => {
    const road = await lives(new Road(script({ ends })));
    expect(road.row).toMatchObject({ status: 'UNRESOLVED', failure: { code: 'COMPENSATION_FAILED' } });
    expect(road.cellar.deadLetters).toHaveLength(1);
    expect(told(road)).toEqual(['payment.unresolved']);
  });

  it.each(['undeliverable', 'returned', 'error', 'refund_failed', 'missing_return_policy'] as const)(
    'stuck at %s: UNRESOLVED, an operator’s case, settled by a later word',
    async (state) => {
      const road = new Road(script({ ends: { off: null } }));
      await lives(road, () => road.leg('off')?.told === true);
      road.keepWebhook('w1', 'off', state);
      road.add({ ...FIRST, step: 'settle', webhook: 'w1' }, 0);
      await lives(road, () => road.row.status === 'UNRESOLVED');
      await lives(road);
      expect(road.row.failure?.code).toBe(state.toUpperCase());
      expect(effects(road)).toEqual([1, 1, 0]);
      road.keepWebhook('w2', 'off', DONE);
      road.add({ ...FIRST, step: 'settle', webhook: 'w2' }, 0);
      await lives(road);
      expect(road.cellar.statuses.slice(-2)).toEqual(['UNRESOLVED', 'COMPLETED']);
    },
  );

  it('an on-ramp that settles after UNRESOLVED goes on while the status stays, then COMPLETED', async () => {
    const road = new Road(script({ ends: { on: 'undeliverable', off: DONE } }));
    await lives(road);
    expect(road.row.status).toBe('UNRESOLVED');
    road.keepWebhook('w', 'on', DONE);
    road.add({ ...FIRST, step: 'settle', webhook: 'w' }, 0);
    await lives(road);
    expect(road.cellar.statuses).toEqual(['PENDING', 'PROCESSING', 'UNRESOLVED', 'COMPLETED']);
    expect(effects(road)).toEqual([1, 1, 0]);
  });

  it('in_review, and any state we never heard of, waits', async () => {
    for (const state of ['in_review', 'in_orbit', 'refund_in_flight']) {
      const road = new Road(script({ ends: { on: null } }));
      await lives(road, () => road.leg('on')?.told === true);
      for (const transfer of road.bridge.transfers) transfer.state = state;
      await lives(road, () => (road.leg('on')?.looks ?? 0) > 4);
      expect([road.row.status, road.leg('on')?.status]).toEqual(['PROCESSING', 'PENDING']);
    }
  });

  it('forward only: a late funds_received, or a refund, after payment_processed changes nothing', async () => {
    const road = await lives(new Road(script()));
    const before = road.row;
    for (const [n, state] of ['funds_received', 'in_review', 'refunded', 'awaiting_funds'].entries()) {
      road.keepWebhook(`w${n}`, 'on', state);
      road.add({ ...FIRST, step: 'settle', webhook: `w${n}` }, 0);
    }
    await lives(road);
    expect(road.row).toMatchObject({ status: 'COMPLETED', facts: before.facts, registrations: before.registrations });
    expect(told(road)).toEqual(['payment.completed']);
  });

  it('returned later: noted and told once, while COMPLETED stays COMPLETED', async () => {
    const road = await lives(new Road(script()));
    for (const [n, state] of ['returned', 'refund_in_flight', 'refunded', 'returned'].entries()) {
      road.keepWebhook(`w${n}`, 'off', state);
      road.add({ ...FIRST, step: 'settle', webhook: `w${n}` }, n * 1_000);
    }
    await lives(road);
    expect(road.row).toMatchObject({ status: 'COMPLETED', facts: { returned: { code: 'RETURNED' } } });
    expect(road.posted).toMatchObject([
      { type: 'payment.completed', status: 'COMPLETED' },
      { type: 'payment.returned', status: 'COMPLETED' },
    ]);
    expect(road.cellar.history.filter(({ entry }) => entry.type === 'returned')).toHaveLength(1);
    expect(road.cellar.statuses).toEqual(['PENDING', 'PROCESSING', 'COMPLETED']);
  });

  it('returned, heard by another visit after ours had read the row and before it wrote that it was done: told all the same', async () => {
    const road = new Road(script({ ends: { off: null } }));
    await lives(road, () => road.leg('off')?.told === true);
    road.keepWebhook('done', 'off', DONE);
    let commits = 0;
    road.cellar.gate = async (label) => {
      if (label !== 'commit') return;
      commits += 1;
      if (commits === 1) {
        // Ours stands here. The other hears in the order of arrival, which was the wrong one, and dies after the first.
        const done = [...road.cellar.webhooks];
        road.cellar.webhooks.clear();
        road.keepWebhook('back', 'off', 'returned');
        for (const [id, webhook] of done) road.cellar.webhooks.set(id, webhook);
        const poll: Ticket = { ...FIRST, step: 'poll', leg: 'off' };
        await expect(visit(road.house, poll, 'another', new AbortController().signal)).rejects.toThrow('died');
        expect(road.leg('off')).toMatchObject({ status: 'UNRESOLVED', failure: { code: 'RETURNED' } });
      } else if (commits === 3) throw new Error('the process died');
    };
    road.add({ ...FIRST, step: 'settle', webhook: 'done' }, 0);
    await lives(road);
    expect(road.row).toMatchObject({ status: 'COMPLETED', facts: { returned: { code: 'RETURNED' } } });
    expect(told(road)).toEqual(['payment.completed', 'payment.returned']);
  });

  it('a key older than their 24 h is looked for, and told again only under itself', async () => {
    const road = new Road(script({ fates: { on: ['crash-lost', 'silent-kept'] }, againMs: 25 * 3_600_000 }));
    await lives(road);
    expect(road.row.status).toBe('COMPLETED');
    expect(effects(road)).toEqual([1, 1, 0]);
    const [first, second] = road.bridge.posts;
    expect((second?.at ?? 0) - (first?.at ?? 0)).toBeGreaterThan(24 * 3_600_000);
    expect(second?.key).toBe(first?.key);
    const types = road.cellar.history.map(({ entry }) => entry.type);
    expect(types.indexOf('look')).toBeLessThan(types.lastIndexOf('attempt.started'));
  });

  it('four tries without an answer and nothing there: a dead letter, FAILED at the on-ramp, reversed at the off-ramp', async () => {
    const silence: PostFate[] = ['silent-lost', 'silent-lost', 'silent-lost', 'silent-lost'];
    const on = await lives(new Road(script({ fates: { on: [...silence] } })));
    expect([on.row.status, effects(on), on.bridge.posts.length]).toEqual(['FAILED', [0, 0, 0], 4]);
    expect(on.cellar.deadLetters).toMatchObject([{ step: 'register', leg: 'on', code: 'NOT_REGISTERED' }]);
    const off = await lives(new Road(script({ fates: { off: [...silence] } })));
    expect([off.row.status, effects(off)]).toEqual(['FAILED', [1, 0, 1]]);
  });
});

describe('killed', () => {
  const stories: Record<string, Parameters<typeof script>[0]> = {
    'both ramps': {},
    'the off-ramp refuses': { ends: { off: 'refunded' } },
    'the on-ramp answers nothing but keeps it': { fates: { on: ['silent-kept'] } },
    'the off-ramp answers 504 and does it late': { fates: { off: ['kept-late'] } },
  };
  it.each(Object.entries(stories))(
    'at every port call in turn (%s): the same end, each leg at most once',
    async (_name, part) => {
      const calls = async (killAt: number): Promise<{ road: Road; made: number }> => {
        const road = new Road(script(part));
        let made = 0;
        const gate = () => (++made === killAt ? Promise.reject(new Error('the process died')) : Promise.resolve());
        Object.assign(road.cellar, { gate });
        road.bridge.gate = gate;
        return { road: await lives(road), made };
      };
      const { road: unharmed, made } = await calls(0);
      expect(made).toBeGreaterThan(20);
      for (let killAt = 1; killAt <= made; killAt += 1) {
        const { road } = await calls(killAt);
        expect([road.row.status, effects(road)], `killed at call ${killAt}`).toEqual([
          unharmed.row.status,
          effects(unharmed),
        ]);
        const ends = road.cellar.callbacks.filter((c) => c.callback.type !== 'payment.returned');
        expect(ends.map((c) => c.state)).toEqual(['DELIVERED']);
      }
    },
  );
});

it.each(['crash-kept', 'crash-lost'] as const)(
  'killed in the call to the off-ramp (%s): gone on with when that call is surely over, without waiting for the sweep',
  async (fate) => {
    const road = new Road(script({ fates: { off: [fate] } }));
    await lives(road, () => road.bridge.posts.some(({ leg }) => leg === 'off'));
    const killedMs = road.cellar.nowMs;
    await lives(road, () => road.cellar.history.some(({ entry }) => entry.type === 'look'));
    // The call may take 10 s, and what lies between intent and call 2 s.
    expect(road.cellar.nowMs - killedMs).toBeLessThan(12_100);
    await lives(road);
    expect([road.row.status, effects(road)]).toEqual(['COMPLETED', [1, 1, 0]]);
  },
);

it('a word after the end is heard only of what was done', async () => {
  const road = await lives(new Road(script({ ends: { off: 'refunded' } })));
  const returned: Word = { type: 'stuck', failure: { code: 'RETURNED', message: 'returned' } };
  expect(road.house.plan('payment').afterword?.(road.row, 'off', returned)).toBeUndefined();
});
