import { migrate } from '@countersign/store';
import { conformance, type ConformanceFate } from '@countersign/testkit';
import { contract } from './contract.ts';
import { effectsOf, payment, RAMPS_ENV, RAMPS_TOWN } from './test/ramps.ts';

/** The on-ramp chooses its fate by the amount's cents, the off-ramp by a marker in the account it pays to. */
const BODIES: Record<ConformanceFate, object> = {
  settles: {},
  refused: { destinationAccount: 'acct-sim:off-ramp=refunded' },
  pending: { destinationAccount: 'acct-sim:off-ramp=poll-only' },
  'webhook-only': { amount: '100.05', destinationAccount: 'acct-sim:off-ramp=webhook-only' },
  'kept-after-504': { amount: '100.21', destinationAccount: 'acct-sim:off-ramp=504-kept' },
};

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    headers: (id) => ({ 'idempotency-key': id }),
    body: (_id, fate, callbackUrl) => payment({ ...BODIES[fate], callbackUrl }),
    // Both legs once each, and nothing reversed, is "once".
    effects: async (simulator, id) => {
      const { on, off, reverse } = await effectsOf(simulator, id);
      return on === off && reverse === 0 ? on : Number.NaN;
    },
  },
  { migrate, env: RAMPS_ENV, simulator: RAMPS_TOWN },
);
