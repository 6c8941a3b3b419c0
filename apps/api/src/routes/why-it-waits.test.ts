import type { Registration, Submission } from '@countersign/flow';
import { expect, test } from 'vitest';
import { whyItWaits } from './why-it-waits.ts';

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

function waits(status: Submission['status'], ...rows: Partial<Registration>[]): string {
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
  return whyItWaits({ ...base, ...times, status, registrations: rows.map(registration) }, NOW).join(' | ');
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

test('what is unresolved says why, and what settles it', () => {
  const failure = { code: 'NO_END_IN_SIGHT', provider: 'registry', message: 'no end' };
  expect(waits('UNRESOLVED', { status: 'UNRESOLVED', failure })).toBe(
    'registry: NO_END_IN_SIGHT: no end. We stopped looking. Their webhook, a replay or your verdict settles it.',
  );
  expect(waits('UNRESOLVED', { status: 'UNRESOLVED', dueAt: NOW + 5 })).toContain(
    'We still look, next at 2026-11-20T12:00:00.005Z',
  );
});
