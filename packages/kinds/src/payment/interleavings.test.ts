import { isFinal, mayMove, type Status, type Ticket } from '@countersign/flow';
import fc from 'fast-check';
import { expect, it } from 'vitest';
import { PAID_OUT, type End, type PostFate } from './test/bridge.ts';
import { FIRST, Road } from './test/road.ts';
import { rampKey } from './plan.ts';

const LEGS = ['on', 'off', 'reverse'] as const;
const fate = fc.oneof(
  { weight: 3, arbitrary: fc.constant<PostFate>('answered') },
  fc.constantFrom<PostFate>(
    ...(['rejected', 'too-many', 'not-connected', 'silent-lost'] as const),
    ...(['silent-kept', 'kept-late', 'crash-lost', 'crash-lost', 'crash-kept'] as const),
  ),
);
const end = fc.oneof(
  { weight: 4, arbitrary: fc.constant<End>('payment_processed') },
  fc.constantFrom<End>('refunded', 'canceled', 'undeliverable', null),
);
const each = <T>(one: fc.Arbitrary<T>) => fc.record({ on: one, off: one, reverse: one });
const life = fc.record({
  fates: each(fc.array(fate, { maxLength: 4 })),
  ends: fc.record({
    on: fc.oneof({ weight: 6, arbitrary: fc.constant<End>('payment_processed') }, end),
    off: end,
    reverse: end,
  }),
  /** Made again after a moment, or after the ramps have forgotten our keys. */
  againMs: fc.constantFrom(6_000, 25 * 3_600_000),
  duplicates: fc.array(fc.nat({ max: 400_000 }), { maxLength: 3 }),
  webhooks: fc.array(
    fc.record({
      at: fc.nat({ max: 200_000 }),
      leg: fc.constantFrom(...LEGS),
      /** The truth at that moment, or something late and lower. */
      says: fc.constantFrom(undefined, undefined, 'funds_received', 'in_review'),
    }),
    { maxLength: 4 },
  ),
  /** The port call at which the process dies: every step boundary, every commit, before and after every call. */
  crashes: fc.array(fc.nat({ max: 90 }), { maxLength: 3 }),
  dark: fc.boolean(),
});

/** In time the ramps can be asked again; their webhooks tell the truth of the moment they come, or less. */
class Life extends Road {
  protected override readonly endsAfter = 10;
  webhooks: readonly { readonly leg: (typeof LEGS)[number]; readonly says: string | undefined }[] = [];

  protected override arrive({ webhook: name }: Ticket): void {
    if (this.visits > 60) this.bridge.dark = false;
    const webhook = this.webhooks[Number(name?.slice(1) ?? -1)];
    if (webhook && name !== undefined) this.keepWebhook(name, webhook.leg, webhook.says);
  }
}

const seen: Record<string, number> = {};
const see = (what: string): number => (seen[what] = (seen[what] ?? 0) + 1);

it('whatever comes together: no leg twice, no money half way, no false end, the law is kept, the client is told once', async () => {
  await fc.assert(
    fc.asyncProperty(life, fc.scheduler(), async (script, scheduler) => {
      const road = new Life({ ...script, fates: structuredClone(script.fates) });
      road.webhooks = script.webhooks;
      let calls = 0;
      const gate = async (label: string) => {
        calls += 1;
        await scheduler.schedule(Promise.resolve(), label);
        if (script.crashes.includes(calls)) {
          see('crash');
          throw new Error('the process died');
        }
      };
      road.cellar.gate = gate;
      road.bridge.gate = gate;
      road.bridge.dark = script.dark;
      for (const at of script.duplicates) road.add(FIRST, at);
      script.webhooks.forEach(({ at }, n) => road.add({ ...FIRST, step: 'settle', webhook: `w${n}` }, at));

      await road.liveInPairs((visits) => scheduler.waitFor(visits));
      road.bridge.finish();
      judge(road);
    }),
    { numRuns: 4_000 },
  );
  // The campaign must have met what it is about, or it proves nothing.
  const met = ['COMPLETED', 'FAILED', 'UNRESOLVED', 'crash', 'reversed', 'told again', 'told after a day'];
  expect(Object.fromEntries(met.map((what) => [what, (seen[what] ?? 0) > 5]))).toEqual(
    Object.fromEntries(met.map((what) => [what, true])),
  );
}, 120_000);

function judge(road: Road): void {
  const { row, bridge, cellar } = road;
  see(row.status);
  for (const leg of LEGS) judgeLeg(road, leg);
  const [on, off, reverse] = LEGS.map((leg) => bridge.of(leg)[0]?.state);
  const gone = (state: string | undefined) => state === undefined || state === 'refunded' || state === 'canceled';
  expect(off === 'payment_processed' && reverse !== undefined, 'paid out and reversed').toBe(false);
  if (off !== undefined) expect(on, 'off-ramp without on-ramp').toBe('payment_processed');
  if (row.status === 'COMPLETED') {
    expect([on, off, reverse]).toEqual(['payment_processed', 'payment_processed', undefined]);
    expect(row.facts).toMatchObject({ onRampTxId: bridge.of('on')[0]?.id, offRampTxId: bridge.of('off')[0]?.id });
  }
  if (row.status === 'FAILED' && on === 'payment_processed') {
    see('reversed');
    expect([gone(off), reverse], 'money is half way').toEqual([true, 'payment_processed']);
    expect(row.facts).toMatchObject({ onRampTxId: bridge.of('on')[0]?.id, reverseTxId: bridge.of('reverse')[0]?.id });
    if (off !== undefined) expect(row.facts['offRampTxId']).toBe(bridge.of('off')[0]?.id);
  } else if (row.status === 'FAILED') {
    expect([gone(on), off, reverse], 'money is half way').toEqual([true, undefined, undefined]);
  }
  if (row.status === 'UNRESOLVED') expect(cellar.deadLetters.length).toBeGreaterThan(0);
  expect(isFinal(row.status) || row.status === 'UNRESOLVED', `ended, not ${row.status}`).toBe(true);
  cellar.statuses.forEach((status, n) => {
    const before = cellar.statuses[n - 1] as Status | undefined;
    if (before) expect(mayMove(before, status as Status)).toBe(true);
  });
  const final = cellar.callbacks.filter((c) => c.callback.type === `payment.${row.status.toLowerCase()}`);
  expect(final.map((c) => c.state)).toEqual(['DELIVERED']);
}

function judgeLeg({ bridge, row }: Road, leg: (typeof LEGS)[number]): void {
  expect(bridge.of(leg).length, `${leg} executed`).toBeLessThanOrEqual(1);
  const posts = bridge.posts.filter((post) => post.leg === leg);
  if (posts.length > 1) see('told again');
  const span = (posts.at(-1)?.at ?? 0) - (posts[0]?.at ?? 0);
  if (span > 24 * 3_600_000) see('told after a day');
  expect(posts.length, `tries of ${leg}`).toBeLessThanOrEqual(4);
  for (const post of posts) {
    expect(post.key).toBe(rampKey(row.id, leg));
    expect(post.body, 'the same bytes').toBe(posts[0]?.body);
    expect(JSON.parse(post.body)).toMatchObject({ amount: leg === 'on' ? '100.10' : PAID_OUT });
  }
}
