import { migrate } from '@countersign/store';
import { ask, conformance, type ConformanceFate } from '@countersign/testkit';
import { contract } from './contract.ts';

/** The simulator's registry chooses a fate by an amount's cents (apps/simulator/README.md). */
const CENTS: Record<ConformanceFate, string> = {
  settles: '10.01',
  refused: '10.02',
  pending: '10.03',
  'webhook-only': '10.05',
  'kept-after-504': '10.21',
};

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    body: (id, fate, callbackUrl) => ({ id, amount: CENTS[fate], currency: 'EUR', callbackUrl }),
    effects: async (simulator, id) => (await ask('GET', `${simulator}/_sim/registry/effects/${id}`)).json.effects,
  },
  { migrate },
);
