import { expect, it } from 'vitest';
import { MOVES, STANDING_MOVES, STATUSES, isFinal, mayMove } from './status.ts';

it('the status table is the contract, no more and no less', () => {
  const moves = STATUSES.flatMap((from) => MOVES[from].map((to) => `${from} → ${to}`));
  expect(moves).toEqual([
    'PENDING → PROCESSING',
    'PENDING → FAILED',
    'PROCESSING → COMPLETED',
    'PROCESSING → FAILED',
    'PROCESSING → UNRESOLVED',
    'UNRESOLVED → COMPLETED',
    'UNRESOLVED → FAILED',
  ]);
});

it('COMPLETED and FAILED are final: nothing leads out of them, nothing leads back', () => {
  for (const status of STATUSES) {
    expect(isFinal(status)).toBe(status === 'COMPLETED' || status === 'FAILED');
    if (isFinal(status)) expect(STATUSES.filter((to) => mayMove(status, to))).toEqual([]);
    expect(mayMove(status, 'PENDING')).toBe(false);
  }
});

it("a third party's last word is final, an unknown one is not", () => {
  expect(STANDING_MOVES.DONE).toEqual([]);
  expect(STANDING_MOVES.REFUSED).toEqual([]);
  expect(STANDING_MOVES.UNRESOLVED).toContain('DONE');
});
