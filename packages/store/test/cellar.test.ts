import { applyChange, type Change } from '@countersign/flow';
import { expect, test } from 'vitest';
import { newId } from '../src/index.ts';
import { accepted, DONE, loaded, LOST, OPEN, shelf } from './shelf.ts';

const here = shelf();

test('of 50 parallel commits on one version one wins, the others get undefined', async () => {
  const submission = await accepted(here);
  const answers = await Promise.all(Array.from({ length: 50 }, () => here.store.cellar.commit(submission, OPEN)));
  expect(answers.filter((answer) => answer !== undefined)).toHaveLength(1);
  expect(await loaded(here.store, submission.id)).toMatchObject({ version: 2, status: 'PROCESSING' });
  expect(await here.query('select from history where submission_id = $1', [submission.id])).toHaveLength(1);
});

test('what commit returns is what load reads', async () => {
  const submission = await accepted(here, [OPEN]);
  const change: Change = {
    facts: { onRampTxId: 'x' },
    registrations: [
      { leg: 'registry', attempts: 1, telling: true, ambiguousInMs: 120_000.3, dueInMs: 200, looking: true, looks: 2 },
      { leg: 'second', provider: 'tax', idempotencyKey: 'k2', told: true, dueInMs: null },
    ],
  };
  const moved = await here.store.cellar.commit(submission, change);
  const { readAt: _a, ...read } = await loaded(here.store, submission.id);
  const { readAt: _b, ...told } = moved ?? submission;
  expect(told).toEqual(read);
  expect(told.registrations[0]?.ambiguousUntil).toBe(told.updatedAt + 120_001);
});

test('many different submissions in one batch keep apart', async () => {
  const all = await Promise.all(Array.from({ length: 120 }, () => accepted(here, [OPEN])));
  const moved = await Promise.all(all.map((s) => here.store.cellar.commit(s, { facts: { me: s.id } })));
  moved.forEach((s, at) => expect(s?.facts).toEqual({ me: all[at]?.id }));
  const read = await Promise.all(all.map((s) => here.store.cellar.load(s.id)));
  read.forEach((s, at) => expect(s?.facts).toEqual({ me: all[at]?.id }));
});

test('a move against the law fails alone, with the reason, while its batch goes through', async () => {
  const [good, bad] = [await accepted(here, [OPEN]), await accepted(here, [OPEN, DONE])];
  const move = (s: typeof good, change: Change) => here.store.cellar.commit(s, change);
  const answers = await Promise.allSettled([move(good, DONE), move(bad, { status: 'FAILED' })]);
  expect(answers[0]).toMatchObject({ status: 'fulfilled', value: { status: 'COMPLETED' } });
  expect(answers[1]).toMatchObject({ status: 'rejected' });
  expect(String(answers[1]?.status === 'rejected' && answers[1].reason)).toContain(
    `submission ${bad.id}: COMPLETED may not become FAILED`,
  );
});

test('text that PostgreSQL cannot hold does not make a submission unwritable', async () => {
  const submission = await accepted(here, [OPEN]);
  const moved = await here.store.cellar.commit(submission, {
    entries: [{ type: 'poll', error: 'a\0b\ud800c' }],
    failure: { code: 'X', message: '\0' },
  });
  expect(moved?.version).toBe(3);
  const timeline = await here.store.submissions.timeline(submission.id);
  expect(timeline.at(-1)?.error).toBe('a\uFFFDb\uFFFDc');
});

test('everything a change says is written: history, callback, dead letter', async () => {
  const submission = await accepted(here, [OPEN, LOST]);
  expect(await here.query('select code, leg from dead_letter where submission_id = $1', [submission.id])).toEqual([
    { code: 'NO_END_IN_SIGHT', leg: 'registry' },
  ]);
  const timeline = await here.store.submissions.timeline(submission.id);
  expect(timeline.map(({ type, to }) => to ?? type)).toEqual(['accepted', 'PROCESSING', 'UNRESOLVED']);
  expect(timeline.map(({ at }) => at)).toEqual([...timeline.map(({ at }) => at)].sort());
  const claim = await here.store.cellar.claimCallback(submission.id, 'me', 1_000);
  expect(claim).toMatchObject({
    type: 'claimed',
    callback: { type: 'transaction.unresolved', attempt: 1, body: null },
  });
});

test('a webhook is applied by the commit that says so', async () => {
  const submission = await accepted(here, [OPEN]);
  const keep = () =>
    here.store.webhooks.keep({
      submissionId: submission.id,
      leg: 'registry',
      provider: 'registry',
      digest: 'ab12',
      word: { type: 'done' },
    });
  const kept = await keep();
  if (kept.type !== 'kept') throw new Error(kept.type);
  expect(await here.store.cellar.webhook(kept.id)).toEqual({
    id: kept.id,
    submissionId: submission.id,
    leg: 'registry',
    word: { type: 'done' },
    applied: false,
  });
  expect(await keep()).toEqual({ type: 'repeat', id: kept.id, kind: 'transaction', applied: false });
  await here.store.cellar.commit(submission, { ...DONE, appliesWebhook: kept.id });
  expect(await here.store.cellar.webhook(kept.id)).toMatchObject({ applied: true });
  expect(await keep()).toMatchObject({ type: 'repeat', applied: true });
  expect(
    await here.store.webhooks.keep({
      submissionId: newId(),
      leg: 'registry',
      provider: 'registry',
      digest: 'ab',
      word: { type: 'done' },
    }),
  ).toEqual({ type: 'unknown' });
});

test('of 40 webhooks alike at the same moment one is kept', async () => {
  const submission = await accepted(here, [OPEN]);
  const word = {
    submissionId: submission.id,
    leg: 'registry',
    provider: 'registry',
    digest: 'cd',
    word: { type: 'pending' },
  } as const;
  const answers = await Promise.all(Array.from({ length: 40 }, () => here.store.webhooks.keep(word)));
  expect(answers.filter((answer) => answer.type === 'kept')).toHaveLength(1);
  expect(new Set(answers.map((answer) => answer.type !== 'unknown' && answer.id)).size).toBe(1);
});

test('load knows nothing of an unknown id', async () => {
  expect(await here.store.cellar.load(newId())).toBeUndefined();
});

test('an empty change moves the version and nothing else', async () => {
  const submission = await accepted(here, [OPEN]);
  const moved = await here.store.cellar.commit(submission, {});
  expect(moved).toEqual(applyChange(submission, {}, moved?.updatedAt ?? 0));
});
