import type { Attempt, Delivery, Op, Probe, Reading } from '../../src/ledger.ts';
import { at } from './moments.ts';

// What clients sent, read and were told.

export function op(n: number, fate: string): Op {
  return {
    n,
    kind: 'transaction',
    client: 'ada',
    id: `t-${n}`,
    fate,
    amount: `${n}.25`,
    letterbox: 'ok',
    valid: true,
    purpose: 'load',
  };
}

export function post(n: number, ms: number): Attempt {
  return { op: n, at: at(ms), ms: 20, api: 'api-1', body: 'own', outcome: 'answered' };
}

export function accepted(n: number, ms: number): Attempt {
  return {
    ...post(n, ms),
    status: 202,
    contentType: 'application/json',
    submissionId: `s-${n}`,
    state: 'PENDING',
    version: 1,
  };
}

export function read(n: number, ms: number, state: string, version: number): Reading {
  const why = ms >= 20_000 ? 'final' : 'watch';
  return {
    op: n,
    at: at(ms),
    ms: 5,
    api: 'api-1',
    why,
    status: 200,
    contentType: 'application/json',
    submissionId: `s-${n}`,
    state,
    version,
    errorCode: null,
    amount: `${n}.25`,
  };
}

export function delivery(n: number, ms: number): Delivery {
  return {
    at: at(ms),
    client: 'ada',
    op: n,
    id: `t-${n}`,
    webhookId: `w-${n}`,
    type: 'transaction.completed',
    submissionId: `s-${n}`,
    state: 'COMPLETED',
    version: 4,
    sha: `sha-${n}`,
    signature: 'good',
    skewMs: 300,
    answered: 200,
    amount: `${n}.25`,
  };
}

/** Every quarter of a second; not ready while PostgreSQL is away. */
export function probes(): Probe[] {
  return Array.from({ length: 120 }, (_, n) =>
    (['live', 'ready'] as const).map((what) => ({
      at: at(n * 250),
      ms: 2,
      process: 'api-1',
      what,
      status: statusOf(what, n * 250),
    })),
  ).flat();
}

function statusOf(what: string, ms: number): number {
  const away = (ms > 12_500 && ms < 20_000) || (ms > 1_000 && ms < 2_600);
  return what === 'ready' && away ? 503 : 200;
}
