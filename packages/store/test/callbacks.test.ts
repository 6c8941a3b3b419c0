import type { CallbackClaim, CallbackEnd, ClaimedCallback, LoadedSubmission } from '@countersign/flow';
import { until } from '@countersign/testkit';
import { expect, test } from 'vitest';
import { accepted, DONE, OPEN, shelf } from './shelf.ts';

const here = shelf();
const { claimCallback, endCallback } = {
  claimCallback: (s: LoadedSubmission, holder = 'me', leaseMs = 20_000) =>
    here.store.cellar.claimCallback(s.id, holder, leaseMs),
  endCallback: (c: ClaimedCallback, end: CallbackEnd, holder = 'me') =>
    here.store.cellar.endCallback(c, holder, end, { type: 'callback', attempt: c.attempt }),
};
const PENDING = { callbacks: [{ type: 'transaction.pending' }] };
const RETRY: CallbackEnd = { type: 'retry', inMs: 60_000, body: 'the first bytes' };

function callbackOf(claim: CallbackClaim): ClaimedCallback {
  if (claim.type !== 'claimed') throw new Error(`not claimed: ${JSON.stringify(claim)}`);
  return claim.callback;
}

const statuses = async (s: LoadedSubmission) =>
  (
    await here.query<{ status: string }>('select status from callback where submission_id = $1 order by version', [
      s.id,
    ])
  ).map(({ status }) => status);
const onAgenda = async (s: LoadedSubmission) =>
  (await here.query('select from agenda where submission_id = $1', [s.id])).length === 1;

test('a claimed callback has all it needs: the snapshot of its own commit, the body as accepted, the secrets', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const callback = callbackOf(await claimCallback(submission));
  expect(callback).toMatchObject({
    type: 'transaction.completed',
    url: submission.callbackUrl,
    clientId: here.clientId,
    attempt: 1,
    body: null,
    createdAt: submission.updatedAt,
    requestJson: submission.body,
    identity: {
      id: submission.id,
      kind: 'transaction',
      naturalId: submission.naturalId,
      createdAt: submission.createdAt,
    },
    snapshot: { status: 'COMPLETED', version: 3, updatedAt: submission.updatedAt, settledAt: submission.updatedAt },
  });
  expect(callback.snapshot.registrations).toEqual([
    {
      leg: 'registry',
      provider: 'registry',
      status: 'DONE',
      reference: 'r-1',
      attempts: 0,
      updatedAt: submission.updatedAt,
    },
  ]);
  expect(callback.secrets).toEqual([expect.stringMatching(/^whsec_[A-Za-z0-9+/]{43}=$/)]);
});

test('pending is laid in the tray once, and another submission has its own', async () => {
  const [one, another] = [await accepted(here, [OPEN, PENDING, PENDING, DONE]), await accepted(here, [OPEN, PENDING])];
  // The second one of `one` is not there: this one and its end are.
  expect([await statuses(one), await statuses(another)]).toEqual([['WAITING', 'WAITING'], ['WAITING']]);
});

test('of 20 holders at once one claims; the others come later', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const claims = await Promise.all(Array.from({ length: 20 }, (_, at) => claimCallback(submission, `holder-${at}`)));
  expect(claims.filter(({ type }) => type === 'claimed')).toHaveLength(1);
  expect(claims.filter(({ type }) => type === 'later')).toHaveLength(19);
  const again = await claimCallback(submission, 'someone');
  expect(again.type === 'later' && again.inMs).toBeGreaterThan(15_000);
});

test('the same holder claims the same attempt again; after the lease another holder gets the next', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const first = callbackOf(await claimCallback(submission, 'me'));
  expect(callbackOf(await claimCallback(submission, 'me'))).toEqual(first);
  expect(await claimCallback(submission, 'you')).toMatchObject({ type: 'later' });
  // Ended by hand: one short enough to wait for may be over before it was claimed again.
  await here.query(`update callback set held_until = clock_timestamp() - interval '1 s' where submission_id = $1`, [
    submission.id,
  ]);
  const other = callbackOf(await claimCallback(submission, 'you'));
  expect(other).toMatchObject({ id: first.id, attempt: 2, body: null });
});

test('delivered: nothing is left, on the agenda neither, and the timeline has the attempt', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  expect(await onAgenda(submission)).toBe(true);
  await endCallback(callbackOf(await claimCallback(submission)), { type: 'delivered' });
  expect(await claimCallback(submission)).toEqual({ type: 'none', settled: true });
  expect(await onAgenda(submission)).toBe(false);
  expect((await here.store.submissions.timeline(submission.id)).at(-1)).toMatchObject({ type: 'callback', attempt: 1 });
});

test('a retry keeps the bytes of the first attempt and counts on', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  await endCallback(callbackOf(await claimCallback(submission)), { ...RETRY, inMs: 0 });
  const second = callbackOf(await claimCallback(submission));
  expect(second).toMatchObject({ attempt: 2, body: 'the first bytes' });
  await endCallback(second, { type: 'retry', inMs: 60_000, body: 'other bytes' });
  const later = await claimCallback(submission);
  expect(later.type === 'later' && later.inMs > 50_000 && later.inMs <= 60_000).toBe(true);
  expect(await onAgenda(submission)).toBe(true);
});

test('an attempt we did not make does not count', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const before = await here.store.submissions.timeline(submission.id);
  await endCallback(callbackOf(await claimCallback(submission)), { type: 'unspent', inMs: 0 });
  expect(callbackOf(await claimCallback(submission))).toMatchObject({ attempt: 1, body: null });
  expect(await here.store.submissions.timeline(submission.id)).toEqual(before);
});

test('callbacks go oldest first; a newer one waits while the older is in flight', async () => {
  const submission = await accepted(here, [OPEN, PENDING, DONE]);
  const pending = callbackOf(await claimCallback(submission));
  expect(pending).toMatchObject({ type: 'transaction.pending', snapshot: { status: 'PROCESSING', settledAt: null } });
  expect(await claimCallback(submission, 'you')).toMatchObject({ type: 'later' });
  await endCallback(pending, { type: 'delivered' });
  expect(await onAgenda(submission)).toBe(true);
  expect(callbackOf(await claimCallback(submission, 'you')).type).toBe('transaction.completed');
});

test('a failed older callback is superseded by the newer, and never comes after it', async () => {
  const submission = await accepted(here, [OPEN, PENDING]);
  await endCallback(callbackOf(await claimCallback(submission)), RETRY);
  expect(await claimCallback(submission)).toMatchObject({ type: 'later' });
  await here.store.cellar.commit(submission, DONE);
  const newer = callbackOf(await claimCallback(submission));
  expect(newer.type).toBe('transaction.completed');
  expect(await statuses(submission)).toEqual(['SUPERSEDED', 'WAITING']);
  await endCallback(newer, { type: 'delivered' });
  expect(await claimCallback(submission)).toEqual({ type: 'none', settled: true });
});

test('dead: a dead letter, and off the agenda', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  await endCallback(callbackOf(await claimCallback(submission)), {
    type: 'dead',
    code: 'CALLBACK_FAILED',
    message: '500',
    body: 'b',
  });
  expect(
    await here.query('select step, code, message from dead_letter where submission_id = $1', [submission.id]),
  ).toEqual([{ step: 'notify', code: 'CALLBACK_FAILED', message: '500' }]);
  expect(await statuses(submission)).toEqual(['DEAD']);
  expect(await onAgenda(submission)).toBe(false);
});

test('410: that URL gets nothing more until it is set again', async () => {
  const callbackUrl = 'http://client.test/gone';
  const first = await accepted(here, [OPEN, DONE], { callbackUrl });
  await endCallback(callbackOf(await claimCallback(first)), { type: 'gone', body: 'b' });
  const second = await accepted(here, [OPEN, PENDING, DONE], { callbackUrl });
  expect(await claimCallback(second)).toEqual({ type: 'none', settled: true });
  expect(await statuses(second)).toEqual(['GONE', 'GONE']);
  expect((await here.store.submissions.timeline(second.id)).at(-1)?.error).toContain('410');
  expect(await here.store.clients.disabledEndpoints(here.clientId)).toMatchObject([{ url: callbackUrl }]);
  expect(await here.store.submissions.replay(second.id, 'op')).toMatchObject({ type: 'conflict' });
  await here.store.clients.update(here.clientId, { callbackUrl });
  const third = await accepted(here, [OPEN, DONE], { callbackUrl });
  expect(await claimCallback(third)).toMatchObject({ type: 'claimed' });
});

test('a verdict of a holder whose claim has passed to another changes nothing; a delivery counts', async () => {
  const submission = await accepted(here, [OPEN, DONE]);
  const lost = callbackOf(await claimCallback(submission, 'me', 0));
  const taken = await until(async () => {
    const claim = await claimCallback(submission, 'you');
    return claim.type === 'claimed' && claim.callback;
  });
  await endCallback(lost, { type: 'dead', code: 'X', message: 'x', body: 'b' });
  expect(await statuses(submission)).toEqual(['WAITING']);
  await endCallback(lost, { type: 'delivered' });
  expect(await statuses(submission)).toEqual(['DELIVERED']);
  await endCallback(taken, RETRY, 'you');
  expect(await statuses(submission)).toEqual(['DELIVERED']);
});

test('without a callback URL there is nothing to claim', async () => {
  const submission = await accepted(here, [OPEN, DONE], { callbackUrl: null });
  expect(await claimCallback(submission)).toEqual({ type: 'none', settled: true });
  expect(await onAgenda(submission)).toBe(false);
});

test('a document that is no JSON is null in the callback', async () => {
  const submission = await accepted(here, [OPEN, DONE], { body: '<a/>', contentType: 'text/xml' });
  expect(callbackOf(await claimCallback(submission)).requestJson).toBe('null');
});
