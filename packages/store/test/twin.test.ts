import {
  applyChange,
  MOVES,
  STANDING_MOVES,
  type Change,
  type LoadedSubmission,
  type RegistrationChange,
} from '@countersign/flow';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { accepted, loaded, shelf } from './shelf.ts';

const here = shelf();

const inMs = fc.option(
  fc.oneof(fc.integer({ min: 0, max: 90_000_000 }), fc.double({ min: 0, max: 500_000, noNaN: true })),
  { nil: null },
);
const failure = fc.option(fc.record({ code: fc.string(), message: fc.string({ unit: 'binary' }) }), { nil: null });
const json = fc.dictionary(fc.string(), fc.oneof(fc.string(), fc.integer(), fc.boolean(), fc.constant(null)), {
  maxKeys: 3,
});

/** A change in shape; whether its moves are lawful is seen to when it meets the submission. */
const arbitraryChange = fc.record(
  {
    move: fc.nat(),
    failure,
    facts: json,
    registrations: fc.uniqueArray(
      fc.record(
        {
          leg: fc.constantFrom('one', 'two', 'three'),
          move: fc.nat(),
          reference: fc.option(fc.string(), { nil: null }),
          attempts: fc.nat(9),
          telling: fc.boolean(),
          ambiguousInMs: inMs,
          told: fc.boolean(),
          looks: fc.nat(99),
          dueInMs: inMs,
          looking: fc.boolean(),
          failure,
        },
        { requiredKeys: ['leg'] },
      ),
      { selector: (r) => r.leg, maxLength: 3 },
    ),
    entries: fc.array(fc.record({ type: fc.string(), error: fc.string({ unit: 'binary' }) }), { maxLength: 3 }),
    callbacks: fc.array(fc.record({ type: fc.constant('transaction.pending') }), { maxLength: 2 }),
    agendaInMs: inMs,
    agendaExact: fc.boolean(),
  },
  { requiredKeys: [] },
);

type Arbitrary = typeof arbitraryChange extends fc.Arbitrary<infer T> ? T : never;

function lawful(submission: LoadedSubmission, { move, registrations, ...rest }: Arbitrary): Change {
  const next = move === undefined ? [] : MOVES[submission.status];
  const status = next[(move ?? 0) % Math.max(1, next.length)];
  return {
    ...rest,
    ...(status ? { status } : {}),
    ...(registrations ? { registrations: registrations.map((r) => legOf(submission, r)) } : {}),
  };
}

function legOf(
  submission: LoadedSubmission,
  { move, ...rest }: NonNullable<Arbitrary['registrations']>[number],
): RegistrationChange {
  const row = submission.registrations.find((r) => r.leg === rest.leg);
  const next = move === undefined ? [] : STANDING_MOVES[row?.status ?? 'PENDING'];
  const status = next[(move ?? 0) % Math.max(1, next.length)];
  const opens = row ? {} : { provider: 'somebody', idempotencyKey: `key of ${rest.leg}` };
  return { ...rest, ...opens, ...(status ? { status } : {}) };
}

const bare = ({ readAt: _, ...submission }: LoadedSubmission) => ({
  ...submission,
  registrations: [...submission.registrations].sort((a, b) => (a.leg < b.leg ? -1 : 1)),
});
// The one thing PostgreSQL cannot keep.
const cleaned = <T>(value: T): T =>
  JSON.parse(
    JSON.stringify(value, (_, part: unknown) =>
      typeof part === 'string' ? part.toWellFormed().replaceAll('\0', '\uFFFD') : part,
    ),
  );

test('what commit writes and what applyChange returns are the same, for any run of changes', async () => {
  await fc.assert(
    fc.asyncProperty(fc.array(arbitraryChange, { minLength: 1, maxLength: 4 }), async (arbitraries) => {
      let submission = await accepted(here);
      for (const arbitrary of arbitraries) {
        const change = lawful(submission, arbitrary);
        const moved = await here.store.cellar.commit(submission, change);
        const read = await loaded(here.store, submission.id);
        expect(moved && bare(cleaned(moved))).toEqual(bare(read));
        // Whole milliseconds, rounded up: at most one away from flow's own arithmetic.
        const twin = applyChange(submission, change, read.updatedAt);
        for (const [at, r] of twin.registrations.entries()) {
          const off = (moved?.registrations[at]?.dueAt ?? 0) - (r.dueAt ?? 0);
          expect(off).toBeGreaterThanOrEqual(0);
          expect(off).toBeLessThanOrEqual(1);
        }
        submission = read;
      }
    }),
    { numRuns: 150 },
  );
});
