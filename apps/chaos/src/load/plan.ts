import { FATES } from '../fates.ts';
import type { Op } from '../ledger.ts';
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
  /** Accepted, then the very same again some seconds later. */
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

const CALM = ['completed', 'declined', 'pending-completed', 'poll-only'];

/** Draws ops in order; the same seed draws the same ones. */
export function createPlanner(random: Random, seed: number): { next(): { op: Op; manner: Manner }; canary(): Op; namesakeOf(op: Op): Op } {
  let n = 0;
  // Amounts are unique: the registry knows nothing else that names an op it was never answered about.
  const make = (client: string, fate: string, letterbox: string | null, given: Partial<Op> = {}): Op => {
    n += 1;
    return { n, client, id: `${seed}-${n}`, fate, amount: `${n}.25`, letterbox, valid: true, purpose: 'load', ...given };
  };
  return {
    next() {
      const manner = weighed(random, MANNERS);
      const fate = weighed(random, Object.entries(FATES).map(([name, { weight }]) => [name, weight] as const));
      const box = random() < 0.9 ? weighed(random, Object.entries(LETTERBOXES).map(([name, { weight }]) => [name, weight] as const)) : null;
      const op = make(oneOf(random, CLIENTS), manner === 'forgetful' ? oneOf(random, CALM) : fate, box, { valid: manner !== 'invalid' });
      return { op, manner };
    },
    canary: () => make('ada', 'completed', 'ok', { purpose: 'canary' }),
    namesakeOf: (op) => make(CLIENTS.find((client) => client !== op.client) ?? 'bob', op.fate, op.letterbox, { id: op.id }),
  };
}

/** The body of an op, or another one under the same id. */
export function bodyOf(op: Op, which: 'own' | 'other', sinkUrl: string): string {
  const currency = FATES[op.fate]?.currency ?? 'EUR';
  return JSON.stringify({
    id: op.id,
    amount: op.valid ? op.amount : `-${op.amount}`,
    currency,
    description: which === 'own' ? 'chaos' : 'another body under the same id',
    metadata: { op: String(op.n) },
    ...(op.letterbox === null ? {} : { callbackUrl: `${sinkUrl}/${op.client}/${op.letterbox}/${op.n}` }),
  });
}
