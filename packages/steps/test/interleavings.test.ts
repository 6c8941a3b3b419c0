import fc from 'fast-check';
import { expect, it } from 'vitest';
import { isFinal, mayMove, type Status, type Ticket } from '@countersign/flow';
import { FIRST, Street } from './street.ts';
import { WINDOW_MS, type PostFate } from './moody-registry.ts';

const fate: fc.Arbitrary<PostFate> = fc.oneof(
  fc.constantFrom<PostFate>(
    { answer: 'completed' },
    { answer: 'declined' },
    { answer: 'pending' },
    { answer: 'refused' },
    { answer: 'too-many' },
  ),
  fc.record({
    answer: fc.constant('silence' as const),
    keeps: fc.constantFrom('nothing' as const, 'completed' as const, 'declined' as const),
    lateMs: fc.constantFrom(0, 100, 5_000, WINDOW_MS - 1),
  }),
  fc.record({
    answer: fc.constant('crash' as const),
    keeps: fc.constantFrom('nothing' as const, 'completed' as const),
  }),
);
const life = fc.record({
  fates: fc.array(fate, { maxLength: 5 }),
  duplicates: fc.array(fc.nat({ max: 400_000 }), { maxLength: 3 }),
  /** Webhooks of the truth: each tells what the books hold when it is delivered. */
  webhooks: fc.array(fc.nat({ max: 200_000 }), { maxLength: 3 }),
  crashes: fc.array(fc.nat({ max: 60 }), { maxLength: 3 }),
  dark: fc.boolean(),
});

/** In time the registry can be asked again and ends what it keeps; its webhooks tell what its books hold. */
class Life extends Street {
  protected override arrive({ webhook }: Ticket): void {
    if (this.visits > 60) this.registry.dark = false;
    if (this.visits > 10) this.registry.finish();
    if (webhook !== undefined) this.keepTruth(webhook);
  }
}

it('whatever comes together, in whatever order: no effect twice, no false end, the law is kept, the client is told once', async () => {
  const seen = { COMPLETED: 0, FAILED: 0, UNRESOLVED: 0, crashes: 0, retells: 0 };
  await fc.assert(
    fc.asyncProperty(life, fc.scheduler(), async (script, scheduler) => {
      const street = new Life([...script.fates]);
      let calls = 0;
      const gate = async (label: string) => {
        calls += 1;
        await scheduler.schedule(Promise.resolve(), label);
        if (script.crashes.includes(calls)) {
          seen.crashes += 1;
          throw new Error('the process died');
        }
      };
      street.cellar.gate = gate;
      street.registry.gate = gate;
      street.registry.dark = script.dark;
      for (const at of script.duplicates) street.add(FIRST, at);
      script.webhooks.forEach((at, n) => street.add({ ...FIRST, step: 'settle', webhook: `w${n}` }, at));

      await street.liveInPairs((visits) => scheduler.waitFor(visits));
      judge(street, seen);
    }),
    { numRuns: 1500 },
  );
  // The campaign must have met what it is about, or it proves nothing.
  expect(Math.min(seen.COMPLETED, seen.FAILED, seen.crashes, seen.retells)).toBeGreaterThan(5);
});

function judge(street: Street, seen: Record<string, number>): void {
  const { row, registry, cellar } = street;
  seen[row.status] = (seen[row.status] ?? 0) + 1;
  if (registry.posts.length > 1) seen.retells = (seen.retells ?? 0) + 1;
  expect(registry.effects.length, 'effects in their books').toBeLessThanOrEqual(1);
  expect(registry.posts.length, 'tries').toBeLessThanOrEqual(4);
  registry.posts.forEach((post, n) => {
    const before = registry.posts[n - 1];
    if (before?.ambiguous) expect(post.at - before.at, 'gap after an ambiguous try').toBeGreaterThanOrEqual(WINDOW_MS);
  });
  cellar.statuses.forEach((status, n) => {
    const before = cellar.statuses[n - 1] as Status | undefined;
    if (before) expect(mayMove(before, status as Status)).toBe(true);
  });
  expect(isFinal(row.status) || row.status === 'UNRESOLVED', `ended, not ${row.status}`).toBe(true);
  const lines = (type: string) => cellar.history.filter(({ entry }) => entry.type === type).length;
  if (isFinal(row.status))
    expect(lines('attempt'), 'tries with an outcome').toBeGreaterThanOrEqual(lines('attempt.started'));
  const books = registry.status();
  if (row.status === 'COMPLETED') expect(books).toBe('completed');
  if (row.status === 'FAILED')
    expect(books === undefined || books === 'declined', `FAILED but the books say ${books}`).toBe(true);
  if (isFinal(row.status)) {
    const final = cellar.callbacks.filter((c) => c.callback.type === `transaction.${row.status.toLowerCase()}`);
    expect(final).toHaveLength(1);
    expect(final[0]?.state).toBe('DELIVERED');
  }
}
