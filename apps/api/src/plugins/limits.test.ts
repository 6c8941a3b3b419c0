import { expect, test } from 'vitest';
import { lateTwice } from './limits.ts';

test('one pause, however long, turns nobody away; two late samples on end do, until one is in time', () => {
  const { look, isLate } = lateTwice(400);
  const seen = [10, 2_000, 15, 900, Infinity, Infinity, 700, 20, 900].map((sampleMs) => (look(sampleMs), isLate()));
  expect(seen).toEqual([false, false, false, false, true, true, true, false, false]);
});
