import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { shelf } from './shelf.ts';

const here = shelf();
const draft = (part: object = {}) => ({
  ...{ id: newId(), clientId: here.clientId, kind: 'payment', terms: { rate: '1.08' }, holdsForMs: 60_000 },
  ...part,
});

test('an offer is found by its own client and kind only, with its end by the database’s clock', async () => {
  const offer = draft();
  const { createdAt, expiresAt } = await here.store.offers.keep(offer);
  expect(expiresAt - createdAt).toBe(60_000);
  expect(await here.store.offers.find(offer)).toEqual({ terms: offer.terms, createdAt, expiresAt, expired: false });
  expect(await here.store.offers.find({ ...offer, clientId: newId() })).toBeUndefined();
  expect(await here.store.offers.find({ ...offer, kind: 'payout' })).toBeUndefined();
  expect(await here.store.offers.find({ ...offer, id: 'no uuid' })).toBeUndefined();
});

test('one that has ended says so', async () => {
  const offer = draft({ holdsForMs: 1 });
  await here.store.offers.keep(offer);
  const ended = await until(async () => {
    const found = await here.store.offers.find(offer);
    return found?.expired && found;
  });
  expect(ended).toMatchObject({ terms: offer.terms, expired: true });
});

test('keeping one sweeps away those that ended more than a day ago', async () => {
  const old = draft({ holdsForMs: -25 * 3_600_000 });
  await here.store.offers.keep(old);
  expect(await here.store.offers.find(old)).toBeDefined();
  await here.store.offers.keep(draft());
  expect(await here.store.offers.find(old)).toBeUndefined();
});
