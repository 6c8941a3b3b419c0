import { migrate } from '@countersign/store';
import { conformance, type ConformanceFate } from '@countersign/testkit';
import { contract } from './contract.ts';
import { CLOUDS_ENV, effectsAt, job } from './test/clouds.ts';

/** A marker in the portfolio's name chooses its fate at the cloud. */
const MARKERS: Record<ConformanceFate, string> = {
  settles: '',
  refused: 'sim:async-failed',
  pending: 'sim:async-complete',
  'kept-after-504': 'sim:504-kept',
  'webhook-only': '',
};
const nameOf = (id: string, fate: ConformanceFate) => `${id} ${MARKERS[fate]}`.trim();

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    fates: ['settles', 'refused', 'pending', 'kept-after-504'],
    body: (id, fate, callbackUrl) => job(id, { callbackUrl, payload: { name: nameOf(id, fate) } }),
    effects: async (simulator, _, id) => {
      const fates = Object.keys(MARKERS) as ConformanceFate[];
      const names = new Set(fates.map((fate) => nameOf(id, fate)));
      const counts = await Promise.all([...names].map((name) => effectsAt(simulator, 'csp-a', name)));
      return counts.reduce((sum, count) => sum + count, 0);
    },
  },
  { migrate, env: CLOUDS_ENV },
);
