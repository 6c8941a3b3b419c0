import type { Registration, Submission } from '@countersign/flow';
import { expect, test } from 'vitest';
import { whyItWaits, type Known } from './why-it-waits.ts';

const NOW = Date.parse('2026-11-20T12:00:00.000Z');

function registration(more: Partial<Registration>): Registration {
  const fresh = {
    status: 'PENDING',
    reference: null,
    idempotencyKey: 'k',
    attempts: 0,
    tellingSince: null,
    ambiguousUntil: null,
  } as const;
  const unlooked = { told: false, looks: 0, dueAt: null, lookingSince: null, failure: null, updatedAt: NOW } as const;
  return { leg: 'registry', provider: 'registry', ...fresh, ...unlooked, ...more };
}

type Line = Known['timeline'][number];

function waitsOf(
  status: Submission['status'],
  rows: readonly Partial<Registration>[],
  more: { timeline?: readonly Line[]; bankTrouble?: string } = {},
) {
  const times = { createdAt: NOW, updatedAt: NOW, settledAt: null };
  const base = {
    id: 'i',
    kind: 'transaction',
    clientId: 'c',
    naturalId: 'n',
    version: 1,
    failure: null,
    facts: {},
    callbackUrl: null,
    traceparent: null,
  };
  const submission = { ...base, ...times, status, registrations: rows.map(registration) };
  return whyItWaits(submission, { nowMs: NOW, timeline: [], bankTrouble: null, ...more });
}

function waits(status: Submission['status'], ...rows: Partial<Registration>[]): string {
  return waitsOf(status, rows)
    .map(({ who, reason }) => (who === null ? reason : `${who}: ${reason}`))
    .join(' | ');
}

test('every way to wait has its sentence, with the time where there is one', () => {
  expect(waits('COMPLETED', { status: 'DONE' })).toBe('');
  expect(waits('PENDING')).toContain('no worker has taken it up yet');
  expect(waits('PROCESSING', {})).toBe('registry: it has not been told yet; that is due now.');
  expect(waits('PROCESSING', { attempts: 1, tellingSince: NOW - 1 })).toContain(
    'attempt 1 is under way since 2026-11-20T11:59:59.999Z',
  );
  expect(waits('PROCESSING', { attempts: 1, ambiguousUntil: NOW + 60_000, dueAt: NOW + 200 })).toBe(
    'registry: attempt 1 got no answer and may still take effect until 2026-11-20T12:01:00.000Z; nothing is sent again before. A look is due at 2026-11-20T12:00:00.200Z.',
  );
  expect(waits('PROCESSING', { attempts: 2, dueAt: NOW + 1_000 })).toContain(
    'attempt 2 did not succeed; the next one, with a look before it, is due at 2026-11-20T12:00:01.000Z',
  );
  expect(waits('PROCESSING', { told: true, looks: 2, dueAt: NOW - 1 })).toContain(
    'look 3 is due now, or their webhook comes first',
  );
  expect(waits('PROCESSING', { status: 'DONE' })).toContain('about to close the books');
});

test('what they said last stands beside it, and who took it and now knows nothing of it is to be asked', () => {
  const told = { told: true, attempts: 1, looks: 1, dueAt: NOW + 5, reference: 'R-7' };
  const poll = { at: NOW, type: 'poll', provider: 'registry', attempt: 1 };
  const other = { at: NOW, type: 'poll', provider: 'elsewhere', attempt: 9, statusCode: 200, to: 'done' };
  const [pending] = waitsOf('PROCESSING', [told], { timeline: [{ ...poll, statusCode: 200, to: 'pending' }, other] });
  expect(pending?.answered).toBe('poll 1 at 2026-11-20T12:00:00.000Z: 200, pending');
  expect(pending?.act).toContain('ask registry about R-7');
  const [gone] = waitsOf('PROCESSING', [told], { timeline: [{ ...poll, statusCode: 404, to: 'none' }] });
  expect(gone?.reason).toContain('they acknowledged it, and now say they have no record of it');
  const timeline = [{ ...poll, to: 'unclear', error: 'GET http://x: refused (ECONNREFUSED)' }];
  expect(waitsOf('PROCESSING', [told], { timeline })[0]?.answered).toContain('unclear, GET http://x: refused');
});

test('payouts wait for the bank while it is not well, and say why', () => {
  const [wait] = waitsOf('PROCESSING', [{ provider: 'bank' }], { bankTrouble: 'not well: heartbeat' });
  expect(wait?.reason).toBe('it is in no file the bank has taken, and the bank takes none now: not well: heartbeat.');
  const [told] = waitsOf('PROCESSING', [{ provider: 'bank', told: true, dueAt: NOW + 9 }], { bankTrouble: 'x' });
  expect(told?.reason).toContain('in a file the bank took');
  expect(told?.reason).toContain('UNRESOLVED if none has by 2026-11-20T12:00:00.009Z.');
  expect(told?.act).toContain('ask the bank about the EndToEndId i.');
});

test('one that has its end waits for nothing but a callback that nobody took', () => {
  const callback = { at: NOW, type: 'callback', attempt: 3, to: 'transaction.completed' };
  expect(waitsOf('COMPLETED', [], { timeline: [{ ...callback, statusCode: 200 }] })).toEqual([]);
  const [wait] = waitsOf('COMPLETED', [], { timeline: [{ ...callback, statusCode: 500 }] });
  expect(wait).toMatchObject({ who: 'client', reason: expect.stringContaining('transaction.completed was not taken') });
  const timeline = [
    { ...callback, statusCode: 500 },
    { ...callback, statusCode: 204 },
  ];
  expect(waitsOf('COMPLETED', [], { timeline })).toEqual([]);
});

test('what is unresolved says why, what settles it, and what to do', () => {
  const failure = { code: 'NO_END_IN_SIGHT', provider: 'registry', message: 'no end' };
  expect(waits('UNRESOLVED', { status: 'UNRESOLVED', failure })).toBe(
    'registry: NO_END_IN_SIGHT: no end. We stopped looking. Their webhook, a replay or your verdict settles it.',
  );
  expect(waits('UNRESOLVED', { status: 'UNRESOLVED', dueAt: NOW + 5 })).toContain(
    'We still look, next at 2026-11-20T12:00:00.005Z',
  );
  const actOf = (code: string) =>
    waitsOf('UNRESOLVED', [{ status: 'UNRESOLVED', failure: { ...failure, code } }])[0]?.act;
  expect(actOf('PROVIDER_UNREACHABLE')).toContain('When they answer again, replay');
  expect(actOf('A_CODE_OF_THEIRS')).toBe('Ask them how it ended, then settle it by hand; a replay asks them again.');
});
