import type { Change } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { Client } from 'pg';
import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { KEEP } from '../src/open-webhooks.ts';
import { accepted, DONE, draft, LOST, OPEN, shelf } from './shelf.ts';

const here = shelf();
const WAITING: Change = { ...OPEN, agendaInMs: 100 };

const dueInMs = async (id: string): Promise<number | undefined> =>
  (
    await here.query<{ ms: number }>(
      'select (extract(epoch from due_at - clock_timestamp()) * 1000)::float8 as ms from agenda where submission_id = $1',
      [id],
    )
  )[0]?.ms;
/** From the submission's last commit, which is no later however long it takes to ask. */
const dueAfterMs = async (id: string): Promise<number | undefined> =>
  (
    await here.query<{ ms: number }>(
      `select (extract(epoch from a.due_at - s.updated_at) * 1000)::float8 as ms
       from agenda a join submission s on s.id = a.submission_id where s.id = $1`,
      [id],
    )
  )[0]?.ms;
/** How much later than now it is put off by what `work` does; a pause in between makes it more. */
const putsOffByMs = async (id: string, work: () => Promise<unknown>): Promise<number> => {
  const clock = 'select floor(extract(epoch from clock_timestamp()) * 1000)::float8 as ms';
  const [before] = await here.query<{ ms: number }>(clock);
  await work();
  const [after] = await here.query<{ ms: number }>(
    'select (extract(epoch from due_at) * 1000)::float8 as ms from agenda where submission_id = $1',
    [id],
  );
  return (after?.ms ?? Number.NaN) - (before?.ms ?? Number.NaN);
};
const makeLate = (id: string) =>
  here.query(`update agenda set due_at = now() - interval '1 s' where submission_id = $1`, [id]);
const isOverdue = async (id: string) =>
  (await here.store.agenda.overdue(1_000)).find((row) => row.submission.id === id);

test('take is fair: a client with 300 waiting and two with 5 are served alike, each row once', async () => {
  const clients = await Promise.all(
    [300, 5, 5].map(async (count) => {
      const { client } = await here.store.clients.create({ name: `with ${count}` });
      const drafts = Array.from({ length: count }, () => draft(client.id, { queued: false }));
      await Promise.all(drafts.map((one) => here.store.intake.accept(one)));
      return client.id;
    }),
  );
  const first = await here.store.agenda.take(12);
  const of = (rows: typeof first) => clients.map((id) => rows.filter((row) => row.clientId === id).length);
  expect(of(first)).toEqual([4, 4, 4]);
  const rest = (await Promise.all(Array.from({ length: 6 }, () => here.store.agenda.take(90)))).flat();
  const last = await here.store.agenda.take(500);
  const all = [...first, ...rest, ...last];
  expect(of(all)).toEqual([300, 5, 5]);
  expect(new Set(all.map((row) => row.id)).size).toBe(310);
  expect(await here.store.agenda.take(10)).toEqual([]);
});

test('overdue with patience leaves alone what is late by less', async () => {
  const { id } = await accepted(here);
  await makeLate(id);
  const found = async (patienceMs: number) =>
    (await here.store.agenda.overdue(1_000, { patienceMs })).some((row) => row.submission.id === id);
  expect(await found(60_000)).toBe(false);
  expect(await found(500)).toBe(true);
});

test('a webhook nobody has applied keeps its submission on the agenda, soon, whatever else is committed', async () => {
  const submission = await accepted(here);
  const digest = 'ab'.repeat(32);
  const kept = await here.store.webhooks.keep({
    submissionId: submission.id,
    leg: 'registry',
    provider: 'registry',
    digest,
    word: { type: 'done' },
  });
  if (kept.type !== 'kept') throw new Error(kept.type);
  expect((await here.store.cellar.load(submission.id))?.unheard).toEqual([kept.id]);
  const moved = await here.store.cellar.commit(submission, { ...OPEN, agendaInMs: 3_600_000 });
  expect(await dueInMs(submission.id)).toBeLessThan(16_000);
  const ended = moved && (await here.store.cellar.commit(moved, { ...DONE, callbacks: [] }));
  expect(await dueInMs(submission.id)).toBeLessThan(16_000);
  await here.store.cellar.commit(ended ?? submission, { entries: [{ type: 'webhook' }], appliesWebhook: kept.id });
  expect(await dueInMs(submission.id)).toBeUndefined();
  expect((await here.store.cellar.load(submission.id))?.unheard).toEqual([]);
});

test('a callback that was delivered leaves a submission on the agenda while a webhook of its is not applied', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const claim = await here.store.cellar.claimCallback(submission.id, 'me', 1_000);
  if (claim.type !== 'claimed') throw new Error(claim.type);
  const webhook = {
    submissionId: submission.id,
    leg: 'registry',
    provider: 'registry',
    word: { type: 'done' as const },
  };
  const kept = await Promise.all(['ab', 'cd'].map((digest) => here.store.webhooks.keep({ ...webhook, digest })));
  await here.store.cellar.endCallback(claim.callback, 'me', { type: 'delivered' }, { type: 'callback' });
  await makeLate(submission.id);
  const ids = kept.map((one) => one.type === 'kept' && one.id);
  expect((await isOverdue(submission.id))?.webhooks.map(({ id }) => id).sort()).toEqual(ids.sort());
});

test('a webhook kept at the very moment its submission is struck off keeps it on the agenda', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const claim = await here.store.cellar.claimCallback(submission.id, 'me', 1_000);
  if (claim.type !== 'claimed') throw new Error(claim.type);
  const beside = new Client({ connectionString: here.url });
  await beside.connect();
  const word = {
    id: newId(),
    submission_id: submission.id,
    leg: 'registry',
    provider: 'registry',
    digest: 'ef',
    word: { type: 'done' },
  };
  await beside.query('begin');
  await beside.query(KEEP.text, [JSON.stringify([word])]);
  // Sees nothing of the webhook, and has to wait for who keeps it.
  const ended = here.store.cellar.endCallback(claim.callback, 'me', { type: 'delivered' }, { type: 'callback' });
  const waits = `select from pg_stat_activity where datname = current_database() and wait_event_type = 'Lock'`;
  await until(async () => (await here.query(waits)).length > 0);
  await beside.query('commit');
  await beside.end();
  await ended;
  expect(await dueInMs(submission.id)).toBeDefined();
});

test('unqueue gives a submission to the dispatcher', async () => {
  const submission = await accepted(here);
  expect(await here.store.agenda.take(10)).toEqual([]);
  await here.store.intake.unqueue([submission.id]);
  expect(await here.store.agenda.take(10)).toMatchObject([
    { id: submission.id, kind: 'transaction', traceparent: null },
  ]);
});

test('more clients than room: at most room rows', async () => {
  await Promise.all(Array.from({ length: 20 }, () => here.store.intake.accept(draft(newId(), { queued: false }))));
  expect(await here.store.agenda.take(7)).toHaveLength(7);
  expect(await here.store.agenda.take(100)).toHaveLength(13);
});

test('an accepted submission nobody moved is overdue after 15 s, and put off again when it was shown', async () => {
  const submission = await accepted(here);
  expect(await dueAfterMs(submission.id)).toBe(15_000);
  await makeLate(submission.id);
  const putOffMs = await putsOffByMs(submission.id, async () =>
    expect(await isOverdue(submission.id)).toMatchObject({
      submission: { status: 'PENDING' },
      callbackDue: false,
      webhooks: [],
    }),
  );
  expect(putOffMs).toBeGreaterThanOrEqual(15_000);
  expect(await isOverdue(submission.id)).toBeUndefined();
});

test('a wait parked elsewhere has 10 s of grace, a long one is exact', async () => {
  const parked = await accepted(here, [{ ...OPEN, agendaInMs: 25_000 }]);
  expect(await dueAfterMs(parked.id)).toBe(35_000);
  const long = await accepted(here, [{ ...OPEN, agendaInMs: 120_000, agendaExact: true }]);
  expect(await dueAfterMs(long.id)).toBe(120_000);
});

test('what is late on the agenda but due later by the rows is put off to then, without a ticket', async () => {
  const later = await accepted(here, [OPEN, { registrations: [{ leg: 'registry', told: true, dueInMs: 300_000 }] }]);
  await makeLate(later.id);
  expect(await isOverdue(later.id)).toBeUndefined();
  // Since the commit, as the leg itself.
  expect(await dueAfterMs(later.id)).toBe(300_000);
});

test('what is left on the agenda but finished is struck off', async () => {
  const finished = await accepted(here, [OPEN, DONE], { callbackUrl: null });
  await here.query(
    `insert into agenda (submission_id, client_id, kind, due_at, queued) values ($1, $2, 'transaction', now() - interval '1 s', true)`,
    [finished.id, here.clientId],
  );
  expect(await isOverdue(finished.id)).toBeUndefined();
  expect(await dueInMs(finished.id)).toBeUndefined();
});

test('a final submission with a callback waiting is overdue for its callback', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  await makeLate(submission.id);
  expect(await isOverdue(submission.id)).toMatchObject({ callbackDue: true, submission: { status: 'COMPLETED' } });
});

test('UNRESOLVED and told: nobody need look, until a webhook comes', async () => {
  const submission = await accepted(here, [OPEN, LOST]);
  expect(await dueInMs(submission.id)).toBeDefined();
  const claim = await here.store.cellar.claimCallback(submission.id, 'me', 1_000);
  if (claim.type === 'claimed')
    await here.store.cellar.endCallback(claim.callback, 'me', { type: 'delivered' }, { type: 'callback' });
  expect(await dueInMs(submission.id)).toBeUndefined();
  const kept = await here.store.webhooks.keep({
    submissionId: submission.id,
    leg: 'registry',
    provider: 'registry',
    digest: 'aa',
    word: { type: 'done' },
  });
  await makeLate(submission.id);
  expect(await isOverdue(submission.id)).toMatchObject({
    webhooks: [{ id: kept.type === 'kept' && kept.id, leg: 'registry' }],
  });
});

test('a leg that is settled but not concluded is overdue', async () => {
  const settled = await accepted(here, [OPEN, { registrations: [{ leg: 'registry', status: 'DONE', dueInMs: null }] }]);
  await makeLate(settled.id);
  expect(await isOverdue(settled.id)).toMatchObject({ submission: { registrations: [{ status: 'DONE' }] } });
});

test('recall: after the loss of Redis what was there is given to the dispatcher, what is due much later is not', async () => {
  const lost = await accepted(here, [WAITING]);
  const later = await accepted(here, [{ ...OPEN, agendaInMs: 3_600_000, agendaExact: true }]);
  expect(await here.store.agenda.recall()).toBeGreaterThan(0);
  const taken = (await here.store.agenda.take(5_000)).map(({ id }) => id);
  expect(taken).toContain(lost.id);
  expect(taken).not.toContain(later.id);
});

test('push sets when to look again; the gauges see it', async () => {
  const submission = await accepted(here);
  await here.store.agenda.push([submission.id], -60_000);
  const gauges = await here.store.gauges();
  expect(gauges.oldestOverdueMs).toBeGreaterThan(59_000);
  expect(gauges.unfinished).toBeGreaterThan(0);
  const put = () => here.store.agenda.push([submission.id], 60_000);
  expect(await putsOffByMs(submission.id, put)).toBeGreaterThanOrEqual(60_000);
});

test('a long wait hides neither a callback nor another leg that may be due sooner', async () => {
  const long = { agendaInMs: 3_600_000, agendaExact: true };
  const calling = await accepted(here, [OPEN, { ...long, callbacks: [{ type: 'transaction.pending' }] }]);
  expect(await dueInMs(calling.id)).toBeLessThan(16_000);
  const second = { leg: 'second', provider: 'tax', idempotencyKey: 'k2' };
  const both = await accepted(here, [OPEN, { ...long, registrations: [second] }]);
  expect(await dueInMs(both.id)).toBeLessThan(16_000);
});
