import { randomBytes, randomUUID } from 'node:crypto';
import type { Change } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { describe, expect, it } from 'vitest';
import type { Lease } from '../src/index.ts';
import { WAITING } from '../src/payout-sql.ts';
import { HOT_SETTINGS } from '../src/store.ts';
import { accepted, shelf } from './shelf.ts';

const room = shelf();
const ALL = { shard: 0, shards: 1 };
const OPEN_BANK: Change = {
  status: 'PROCESSING',
  registrations: [{ leg: 'bank', provider: 'bank', idempotencyKey: 'k' }],
};

const payout = async (): Promise<string> => (await accepted(room, [OPEN_BANK], { kind: 'payout' })).id;
const hex = (): string => randomBytes(16).toString('hex');
const file = (payouts: readonly string[], id = hex()) => ({
  id,
  payouts,
  bytes: Buffer.from(`<file ${id}/>`),
  cents: 100 * payouts.length,
  currency: 'EUR',
});
const leased = async (name = `shard-${randomUUID()}`, leaseMs = 30_000): Promise<Lease> => {
  const lease = await room.store.leases.take(name, randomUUID(), leaseMs);
  if (!lease) throw new Error(`${name} is taken`);
  return lease;
};

describe('leases', () => {
  it('one name has one owner; whoever takes it over gets a higher token', async () => {
    const { leases } = room.store;
    const first = await leased('one-owner');
    expect(await leases.take('one-owner', randomUUID(), 30_000)).toBeUndefined();
    // Ended by hand: one short enough to wait for may be over before the other has asked.
    await room.query(`update lease set lock_expiry = clock_timestamp() - interval '1 s' where name = 'one-owner'`);
    const second = await leased('one-owner');
    expect(second.token).toBe(first.token + 1);
    expect(await leases.renew(first, 30_000)).toBeUndefined();
  });

  it('of 20 at once one takes it', async () => {
    const takers = Array.from({ length: 20 }, () => room.store.leases.take('at-once', randomUUID(), 30_000));
    expect((await Promise.all(takers)).filter(Boolean)).toHaveLength(1);
  });

  it('released is free at once; an old owner releases nothing', async () => {
    const { leases } = room.store;
    const first = await leased('released');
    await leases.release(first);
    const second = await leased('released');
    await leases.release(first);
    expect(await leases.renew(second, 30_000)).toMatchObject({ token: second.token });
    expect(await leases.held('released')).toBe(1);
  });

  it('a lease that is over cannot be renewed, even when nobody else has taken it', async () => {
    const lease = await leased('over', 20);
    await until(async () => (await room.store.leases.held('over')) === 0, { label: 'its end' });
    expect(await room.store.leases.renew(lease, 30_000)).toBeUndefined();
  });
});

describe('payouts and their files', () => {
  it('a payout waits from the commit that opens its leg; frozen it waits no more, and its file never changes', async () => {
    const { payouts } = room.store;
    const lease = await leased();
    const ids = await Promise.all([payout(), payout()]);
    const waiting = await payouts.waiting(ALL, 1_000);
    expect(waiting.filter(({ id }) => ids.includes(id))).toHaveLength(2);
    const draft = file([...ids].sort());
    expect(await payouts.freeze(lease, draft)).toBe(true);
    expect(await payouts.freeze(lease, file(draft.payouts))).toBe(false);
    expect((await payouts.waiting(ALL, 1_000)).filter(({ id }) => ids.includes(id))).toEqual([]);
    const members = await payouts.members({ batchId: draft.id });
    expect(members).toEqual({ batchId: draft.id, payouts: draft.payouts });
    expect((await payouts.fileOf(ids)).get(ids[0] ?? '')).toBe(draft.id);
    const due = await payouts.due(ALL);
    expect(due).toMatchObject({ id: draft.id, payouts: draft.payouts, attempts: 0, ambiguous: false });
    expect(due?.bytes).toEqual(draft.bytes);
    expect(await payouts.initiated(draft.id, 'REQ1')).toBeGreaterThan(0);
    expect(await payouts.members({ requestId: 'REQ1' })).toMatchObject({ batchId: draft.id });
    expect((await payouts.unwritten(ALL)).map(({ id }) => id)).toContain(draft.id);
    await payouts.writtenBack(draft.id);
    expect((await payouts.unwritten(ALL)).map(({ id }) => id)).not.toContain(draft.id);
    expect(await payouts.due(ALL)).toBeUndefined();
  });

  it('whose lease another has taken neither freezes nor begins', async () => {
    const { payouts, leases } = room.store;
    const old = await leased('fenced', 20);
    const draft = file([await payout()]);
    await until(async () => (await leases.held('fenced')) === 0, { label: 'its end' });
    expect(await payouts.freeze(old, draft)).toBe(false);
    const now = await leased('fenced');
    expect(await payouts.freeze(now, draft)).toBe(true);
    expect(await payouts.begin(old, draft.id)).toBeUndefined();
    expect(await payouts.begin(now, draft.id)).toEqual({ attempt: 1, ambiguous: false });
    await payouts.notSent(draft.id, 1);
    expect(await payouts.begin(now, draft.id)).toEqual({ attempt: 2, ambiguous: false });
    expect(await payouts.begin(now, draft.id)).toEqual({ attempt: 3, ambiguous: true });
    expect((await payouts.due(ALL))?.ambiguous).toBe(true);
    await payouts.initiated(draft.id, null);
    expect(await payouts.begin(now, draft.id)).toBeUndefined();
  });

  it('a payout is in one file, however many freeze it at once', async () => {
    const lease = await leased();
    const id = await payout();
    const frozen = await Promise.all(Array.from({ length: 8 }, () => room.store.payouts.freeze(lease, file([id]))));
    expect(frozen.filter(Boolean)).toHaveLength(1);
    await room.store.payouts.initiated((await room.store.payouts.fileOf([id])).get(id) ?? '', null);
  });

  it('a file refused for good falls in halves, down to one; not when another try has begun', async () => {
    const { payouts } = room.store;
    const lease = await leased();
    const ids = (await Promise.all([payout(), payout(), payout()])).sort();
    const draft = file(ids);
    await payouts.freeze(lease, draft);
    await payouts.begin(lease, draft.id);
    expect(await payouts.breakUp(draft.id, 1, 'answered 400')).toBe(true);
    const waiting = (await payouts.waiting(ALL, 1_000)).filter(({ id }) => ids.includes(id));
    expect(waiting.map(({ most }) => most)).toEqual([1, 1, 1]);
    const tried = file(ids);
    await payouts.freeze(lease, tried);
    await payouts.begin(lease, tried.id);
    await payouts.begin(lease, tried.id);
    expect(await payouts.breakUp(tried.id, 1, 'answered 400')).toBe(false);
    await payouts.initiated(tried.id, null);
    const alone = file([await payout()]);
    await payouts.freeze(lease, alone);
    await payouts.begin(lease, alone.id);
    expect(await payouts.breakUp(alone.id, 1, 'answered 400')).toBe(true);
    expect(await payouts.unwritten(ALL)).toContainEqual(
      expect.objectContaining({ id: alone.id, status: 'REFUSED', payouts: alone.payouts, lastError: 'answered 400' }),
    );
  });

  it('a try that failed puts the next one off; one that was overtaken puts off nobody', async () => {
    const { payouts } = room.store;
    const lease = await leased();
    const draft = file([await payout()]);
    await payouts.freeze(lease, draft);
    const isDue = async (): Promise<boolean> => (await payouts.due(ALL))?.id === draft.id;
    await payouts.begin(lease, draft.id);
    await payouts.later(draft.id, 1, 60_000, 'answered 500');
    expect(await isDue()).toBe(false);
    await payouts.later(draft.id, 1, 0, 'answered 500');
    await until(isDue);
    await payouts.begin(lease, draft.id);
    await payouts.later(draft.id, 1, 60_000, 'of a process that was stopped meanwhile');
    expect(await isDue()).toBe(true);
    await payouts.initiated(draft.id, null);
  });

  it('what was given up goes into no file', async () => {
    const failure = { code: 'PROCESSING_GIVEN_UP', message: 'lost' };
    const lost: Change = { registrations: [{ leg: 'bank', status: 'UNRESOLVED', failure }] };
    const { id } = await accepted(room, [OPEN_BANK, lost], { kind: 'payout' });
    expect((await room.store.payouts.waiting(ALL, 1_000)).map((one) => one.id)).not.toContain(id);
  });

  it('shards part the payouts: each is in exactly one', async () => {
    const ids = await Promise.all(Array.from({ length: 24 }, payout));
    const parts = await Promise.all(
      [0, 1, 2, 3].map((shard) => room.store.payouts.waiting({ shard, shards: 4 }, 1_000)),
    );
    const found = parts.flat().map(({ id }) => id);
    for (const id of ids) expect(found.filter((one) => one === id)).toHaveLength(1);
    expect(parts.filter((part) => part.length > 0).length).toBeGreaterThan(1);
  });
});

describe("the bank's messages", () => {
  it('each is kept once and ended once; what is parked is seen', async () => {
    const { bankMail } = room.store;
    const message = { id: 'RES1', type: 'PAYMENT', requestId: 'REQ9', body: '<odd/>' };
    expect(await bankMail.keep(message)).toEqual({ ended: false });
    expect(await bankMail.keep(message)).toEqual({ ended: false });
    expect(await bankMail.kept(10)).toEqual([message]);
    await bankMail.end('RES1', 'PARKED', 'nobody knows it');
    expect(await bankMail.keep(message)).toEqual({ ended: true });
    expect(await bankMail.hasAnswer('REQ9')).toBe(true);
    expect(await bankMail.parked(10)).toMatchObject([{ id: 'RES1', note: 'nobody knows it' }]);
    expect((await room.store.payouts.counts()).parkedMessages).toBe(1);
  });

  it('a bell that rang is heard, an outlook that was told is read', async () => {
    expect(await room.store.bells.rungAt('bank')).toBe(0);
    await room.store.bells.ring('bank');
    expect(await room.store.bells.rungAt('bank')).toBeGreaterThan(0);
    await room.store.outlooks.tell('bank', { ready: false, checks: { heartbeat: 'away' } });
    expect(await room.store.outlooks.of('bank')).toMatchObject({ ready: false, checks: { heartbeat: 'away' } });
  });
});

it('what waits is found by indexes alone, however many registrations there are', async () => {
  const settings = HOT_SETTINGS.map((setting) => `set ${setting.replace('=', ' to ')};`).join(' ');
  await room.query(settings.replace('timezone to UTC', "timezone to 'UTC'"));
  const plan = await room.query<{ 'QUERY PLAN': string }>(
    `explain ${WAITING.text.replace('$1', '0').replace('$2', '4').replace('$3', '100')}`,
  );
  const text = plan.map((line) => line['QUERY PLAN']).join('\n');
  expect(text).toMatch(/payout_waiting/);
  expect(text).toMatch(/Index (Only )?Scan using registration_pkey/);
  expect(text).not.toMatch(/Seq Scan|Hash/);
  await room.query('reset all');
});
