import { provisionForMs, requestIn } from '@countersign/providers';
import { expect, test } from 'vitest';
import { FUNDING, job } from './clouds.ts';

const HOUR_MS = 3_600_000;
const hoursOf = (payload: object) =>
  provisionForMs(requestIn(JSON.stringify(job('j', { payload: { name: 'x', ...payload } }))), 2 * HOUR_MS) / HOUR_MS;

test('2 hours unless told; 72 where the payload, or one of its funding sources, is secret', () => {
  expect(hoursOf({})).toBe(2);
  expect(hoursOf({ classificationLevel: 'UNCLASSIFIED' })).toBe(2);
  expect(hoursOf({ classificationLevel: 'SECRET' })).toBe(72);
  expect(hoursOf({ fundingSources: [FUNDING, { ...FUNDING, classificationLevel: 'TOP_SECRET' }] })).toBe(72);
});
