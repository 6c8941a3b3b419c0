import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { accepted, DONE, LOST, OPEN, shelf } from './shelf.ts';

const here = shelf();
const letters = (id: string) =>
  here.query<{ step: string; replayed_by: string | null }>(
    'select step, replayed_by from dead_letter where submission_id = $1 order by id',
    [id],
  );

async function bury(id: string): Promise<void> {
  const claim = await here.store.cellar.claimCallback(id, 'me', 1_000);
  if (claim.type !== 'claimed') throw new Error(claim.type);
  const end = { type: 'dead', code: 'CALLBACK_FAILED', message: '500', body: 'bytes' } as const;
  await here.store.cellar.endCallback(claim.callback, 'me', end, { type: 'callback' });
}

test('resolve settles what is UNRESOLVED, with the actor in the timeline, and tells the client', async () => {
  const submission = await accepted(here, [OPEN, LOST]);
  const verdict = { status: 'FAILED', reason: 'asked by phone', actor: 'ada' } as const;
  const result = await here.store.submissions.resolve(submission.id, verdict);
  expect(result).toMatchObject({
    type: 'done',
    next: [{ step: 'notify' }],
    submission: { status: 'FAILED', version: 4, failure: { code: 'RESOLVED_BY_OPERATOR', message: 'asked by phone' } },
  });
  expect((await here.store.submissions.timeline(submission.id)).at(-1)).toMatchObject({
    type: 'status',
    from: 'UNRESOLVED',
    to: 'FAILED',
    actor: 'ada',
    reason: 'asked by phone',
  });
  expect(await letters(submission.id)).toEqual([{ step: 'poll', replayed_by: 'ada' }]);
  expect(
    await here.query(`select type from callback where submission_id = $1 order by version`, [submission.id]),
  ).toEqual([{ type: 'transaction.unresolved' }, { type: 'transaction.failed' }]);
  expect(await here.store.submissions.resolve(submission.id, verdict)).toMatchObject({
    type: 'conflict',
    detail: expect.stringContaining('FAILED'),
  });
});

test('an end that no try can change stays a dead letter through a replay, until it is resolved', async () => {
  const dead = [{ step: 'conclude', provider: 'on-ramp', code: 'COMPENSATION_FAILED', message: 'refused' }];
  const { failure, deadLetters: _letters, registrations: _legs, ...lost } = LOST;
  const refused = [{ leg: 'registry', status: 'REFUSED' as const, dueInMs: null, failure: failure ?? null }];
  const { id } = await accepted(here, [OPEN, { ...lost, registrations: refused, deadLetters: dead }]);
  await here.store.submissions.replay(id, 'ada');
  expect(await letters(id)).toEqual([{ step: 'conclude', replayed_by: null }]);
  await here.store.submissions.resolve(id, { status: 'FAILED', reason: 'paid back by hand', actor: 'bob' });
  expect(await letters(id)).toEqual([{ step: 'conclude', replayed_by: 'bob' }]);
});

test('a leg given up in vain although the end is certain: its replay sends nothing and closes the letter', async () => {
  const letter = { step: 'register', leg: 'on', provider: 'on-ramp', code: 'NOT_REGISTERED', message: 'no record' };
  const end = { status: 'FAILED' as const, entries: [{ type: 'status', to: 'FAILED' }], deadLetters: [letter] };
  const { id } = await accepted(here, [OPEN, end]);
  const replayed = await here.store.submissions.replay(id, 'ada');
  expect(replayed).toMatchObject({ type: 'done', next: [], submission: { status: 'FAILED' } });
  expect(await letters(id)).toEqual([{ step: 'register', replayed_by: 'ada' }]);
  expect((await here.store.submissions.timeline(id)).at(-1)).toMatchObject({ type: 'replay', actor: 'ada' });
  expect(await here.store.submissions.replay(id, 'ada')).toMatchObject({ type: 'conflict' });
});

test('of two operators at once one resolves, the other meets a conflict', async () => {
  const submission = await accepted(here, [OPEN, LOST]);
  const results = await Promise.all(
    (['COMPLETED', 'FAILED'] as const).map((status) =>
      here.store.submissions.resolve(submission.id, { status, reason: 'r', actor: status }),
    ),
  );
  expect(results.map(({ type }) => type).sort()).toEqual(['conflict', 'done']);
});

test('replay of an UNRESOLVED leg: PENDING again from the first attempt; a leg they know is looked at, not told', async () => {
  const told = await accepted(here, [OPEN, LOST]);
  expect(await here.store.submissions.replay(told.id, 'ada')).toMatchObject({
    type: 'done',
    next: [{ step: 'poll', leg: 'registry' }],
    submission: {
      status: 'UNRESOLVED',
      registrations: [{ status: 'PENDING', attempts: 0, told: true, failure: null }],
    },
  });
  const untold = await accepted(here, [
    {
      ...OPEN,
      registrations: [
        { leg: 'registry', provider: 'registry', idempotencyKey: 'k', attempts: 4, ambiguousInMs: 50_000 },
      ],
    },
    { ...LOST, registrations: [{ leg: 'registry', status: 'UNRESOLVED', dueInMs: null }] },
  ]);
  const replayed = await here.store.submissions.replay(untold.id, 'ada');
  expect(replayed).toMatchObject({ type: 'done', next: [{ step: 'register', leg: 'registry' }] });
  // The window in which an earlier try may still take effect is not forgotten.
  expect(replayed.type === 'done' && replayed.submission.registrations[0]?.ambiguousUntil).toBe(
    untold.registrations[0]?.ambiguousUntil,
  );
  expect(await letters(untold.id)).toEqual([{ step: 'poll', replayed_by: 'ada' }]);
  expect((await here.store.submissions.timeline(untold.id)).at(-1)).toMatchObject({
    type: 'replay',
    actor: 'ada',
    provider: 'registry',
  });
});

test('replay of a dead callback: the same id and bytes, attempts from one', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  await bury(submission.id);
  expect(await here.store.submissions.replay(submission.id, 'ada')).toMatchObject({
    type: 'done',
    next: [{ step: 'notify' }],
  });
  expect(await here.store.cellar.claimCallback(submission.id, 'me', 1_000)).toMatchObject({
    type: 'claimed',
    callback: { attempt: 1, body: 'bytes' },
  });
  expect(await letters(submission.id)).toEqual([{ step: 'notify', replayed_by: 'ada' }]);
});

test('replay of what is UNRESOLVED and never reached its client: legs and callback, whoever orders it twice has one callback', async () => {
  const { id } = await accepted(here, [OPEN, LOST]);
  await bury(id);
  const replays = await Promise.all([1, 2, 3].map(() => here.store.submissions.replay(id, 'ada')));
  const steps = replays.flatMap((one) => (one.type === 'done' ? one.next.map(({ step }) => step) : []));
  expect(steps.filter((step) => step === 'notify')).toHaveLength(1);
  expect(steps).toContain('poll');
  expect(await letters(id)).toEqual(
    ['poll', 'notify'].map((step): unknown => expect.objectContaining({ step, replayed_by: 'ada' })),
  );
  const claim = await here.store.cellar.claimCallback(id, 'me', 1_000);
  expect(claim).toMatchObject({ type: 'claimed', callback: { attempt: 1, body: 'bytes' } });
});

test('replay of what did not fail is a conflict; of what does not exist, missing', async () => {
  const fine = await accepted(here, [OPEN, DONE]);
  expect(await here.store.submissions.replay(fine.id, 'ada')).toMatchObject({ type: 'conflict' });
  expect(await here.store.submissions.replay((await accepted(here, [OPEN])).id, 'ada')).toMatchObject({
    type: 'conflict',
  });
  expect(await here.store.submissions.replay(newId(), 'ada')).toEqual({ type: 'missing' });
});

test('a replay of many: counted dry, worked off at its rate, with progress, each once', async () => {
  const kind = 'payout';
  const lost = await Promise.all(Array.from({ length: 6 }, () => accepted(here, [OPEN, LOST], { kind })));
  const [settled] = lost;
  if (!settled) throw new Error('none');
  const filter = {
    kind,
    error: 'NO_END_IN_SIGHT',
    provider: 'registry',
    from: settled.createdAt - 1_000,
    to: Date.now() + 60_000,
  };
  expect(await here.store.deadLetters.count(filter)).toBe(6);
  expect(await here.store.deadLetters.count({ ...filter, error: 'OTHER' })).toBe(0);
  await here.query(`update registration set status = 'DONE' where submission_id = $1`, [settled.id]);
  await here.query(`update submission set status = 'COMPLETED' where id = $1`, [settled.id]);
  const order = await here.store.deadLetters.replay(filter, { ratePerSecond: 20, actor: 'ada' });
  expect(order).toMatchObject({ total: 6, done: 0, status: 'RUNNING', filter });
  const end = await until(async () => {
    await here.store.deadLetters.workOff();
    const replay = await here.store.deadLetters.progress(order.id);
    return replay?.status === 'DONE' && replay;
  });
  expect(end).toMatchObject({ total: 6, done: 6, refused: 1 });
  const standings = await here.query('select distinct status from registration where submission_id = any($1)', [
    lost.slice(1).map((s) => s.id),
  ]);
  expect(standings).toEqual([{ status: 'PENDING' }]);
  const overdue = (await here.store.agenda.overdue(100)).map((row) => row.submission.id);
  for (const s of lost.slice(1)) expect(overdue).toContain(s.id);
});

test('dead letters are listed newest first, page by page', async () => {
  const kind = 'receipt';
  for (let made = 0; made < 5; made += 1) await accepted(here, [OPEN, LOST], { kind });
  const seen: string[] = [];
  let cursor: string | undefined;
  do {
    const page = await here.store.deadLetters.list({ kind, limit: 2, ...(cursor === undefined ? {} : { cursor }) });
    seen.push(...page.items.map(({ id }) => id));
    cursor = page.nextCursor ?? undefined;
  } while (cursor !== undefined);
  expect(seen).toHaveLength(5);
  expect(seen).toEqual([...seen].sort().reverse());
  await expect(here.store.deadLetters.list({ limit: 1, cursor: 'nonsense' })).rejects.toMatchObject({
    name: 'BadCursor',
  });
});
