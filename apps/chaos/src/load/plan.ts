import { kindOf, KINDS } from '../kinds/kinds.ts';
import type { Sent } from '../kinds/kind.ts';
import { POISON } from '../kinds/receipt.ts';
import { KIND_NAMES, type KindName, type Op } from '../ledger.ts';
import { oneOf, weighed, type Random } from '../random.ts';
import { LETTERBOXES } from './sink.ts';

export const CLIENTS = ['ada', 'bob', 'cyd'] as const;

/** How a client goes about one op. */
export type Manner =
  /** Again until a 202, on any API, as a good client does. */
  | 'patient'
  /** Once, and never again: what became of it stays unknown when no answer comes. */
  | 'forgetful'
  /** Several at the same time on both APIs. */
  | 'parallel'
  /** Accepted, then the same id with another body. */
  | 'reusing'
  /** Accepted, then the very same again some seconds later, and once more under another idempotency key. */
  | 'repeating'
  /** Another client uses the same id at the same time. */
  | 'namesake'
  /** A body that must be refused. */
  | 'invalid';

const MANNERS: readonly (readonly [Manner, number])[] = [
  ['patient', 66],
  ['forgetful', 5],
  ['parallel', 12],
  ['reusing', 5],
  ['repeating', 6],
  ['namesake', 3],
  ['invalid', 3],
];

export interface Planner {
  next(): { op: Op; manner: Manner };
  canary(): Op;
  /** What even the shortest campaign must have met: each poison, and money that comes back. */
  musts(): Op[];
  namesakeOf(op: Op): Op;
  /** Some whose first call is never answered, though half of them are kept. */
  unanswered(): Op[];
}

/** Draws ops in order; the same seed draws the same ones. */
export function createPlanner(random: Random, seed: number): Planner {
  let n = 0;
  const make = (
    kind: KindName,
    client: string,
    fate: string,
    letterbox: string | null,
    given: Partial<Op> = {},
  ): Op => {
    n += 1;
    return {
      n,
      kind,
      client,
      id: `${seed}-${n}`,
      fate,
      amount: KINDS[kind].amount(n),
      letterbox,
      valid: true,
      purpose: 'load',
      ...given,
    };
  };
  return {
    next() {
      const manner = weighed(random, MANNERS);
      const kind = weighed(
        random,
        KIND_NAMES.map((name) => [name, KINDS[name].weight] as const),
      );
      const { fates } = KINDS[kind];
      const fate = weighed(
        random,
        Object.entries(fates).map(([name, { weight }]) => [name, weight] as const),
      );
      const box =
        random() < 0.9
          ? weighed(
              random,
              Object.entries(LETTERBOXES).map(([name, { weight }]) => [name, weight] as const),
            )
          : null;
      // Who never asks again gets an ordinary fate: that it is unknown is enough.
      const op = make(kind, oneOf(random, CLIENTS), manner === 'forgetful' ? ordinary(kind) : fate, box, {
        valid: manner !== 'invalid',
      });
      return { op, manner };
    },
    canary: () => make('transaction', 'ada', ordinary('transaction'), 'ok', { purpose: 'canary' }),
    musts: () => [
      ...POISON.map((fate) => make('receipt', 'bob', fate, 'ok')),
      ...['off-ramp=returned-later', 'off-ramp=canceled'].map((fate) => make('payment', 'cyd', fate, 'ok')),
    ],
    unanswered: () =>
      ['silent-kept', 'silent-lost', 'silent-kept', 'silent-lost'].map((fate) =>
        make('transaction', 'bob', fate, 'ok'),
      ),
    namesakeOf: (op) =>
      make(op.kind, CLIENTS.find((client) => client !== op.client) ?? 'bob', op.fate, op.letterbox, { id: op.id }),
  };
}

const ordinary = (kind: KindName): string => Object.keys(KINDS[kind].fates)[0] ?? '';

/** What an op POSTs, or another body under the same id, or the same under another key. */
export function sentBy(op: Op, which: 'own' | 'other' | 'rekeyed', sinkUrl: string): Sent {
  return kindOf(op).request(
    op,
    which,
    op.letterbox === null ? undefined : `${sinkUrl}/${op.client}/${op.letterbox}/${op.n}`,
  );
}
