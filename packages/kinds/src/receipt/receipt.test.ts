import { migrate } from '@countersign/store';
import { conformance, type ConformanceFate } from '@countersign/testkit';
import { contract } from './contract.ts';
import { AUTHORITIES_ENV, effectsOf, receipt } from './test/authorities.ts';

const NOTES: Record<ConformanceFate, string> = {
  settles: 'sim:created-done',
  refused: 'sim:tax=error',
  pending: 'sim:poll-only',
  'webhook-only': 'sim:webhook-only',
  'kept-after-504': 'sim:warehouse=504-kept',
};

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    headers: (id, callbackUrl) => ({ 'idempotency-key': id, 'callback-url': callbackUrl }),
    body: (id, fate) => receipt(id, NOTES[fate]),
    effects: effectsOf,
  },
  { migrate, env: AUTHORITIES_ENV },
);
