import { migrate } from '@countersign/store';
import { ask, conformance, type ConformanceFate } from '@countersign/testkit';
import { contract } from './contract.ts';

/** The simulator's bank chooses a payout's fate by its cents, and a whole file's by a mark in its text (apps/simulator/README.md). */
const FATES: Record<ConformanceFate, { readonly amount: string; readonly remittance?: string }> = {
  settles: { amount: '10.01' },
  refused: { amount: '10.02' },
  pending: { amount: '10.04' },
  // Every word of the bank comes by message, kept and applied as webhooks are.
  'webhook-only': { amount: '10.01' },
  'kept-after-504': { amount: '10.01', remittance: 'sim:504-kept' },
};

conformance(
  {
    kind: contract.kind,
    path: contract.path,
    acceptedStatus: contract.acceptedStatus,
    body: (id, fate, callbackUrl) => ({
      id,
      ...FATES[fate],
      currency: 'EUR',
      creditor: { name: 'Ada Lovelace', iban: 'EE382200221020145685' },
      callbackUrl,
    }),
    effects: async (simulator, id) => {
      const answer = await ask('GET', `${simulator}/_sim/bank/payouts/${id.replaceAll('-', '')}`);
      return Number(answer.status === 200 ? (answer.json as unknown as { executions: number }).executions : 0);
    },
  },
  {
    migrate,
    env: {
      PROVIDER_BANK_URL: '{simulator}/bank',
      PROVIDER_BANK_WEBHOOK_SECRET: 'bank-webhook-secret',
      PROVIDER_BANK_TIMEOUT_MS: '1000',
      PROVIDER_BANK_DEBTOR_NAME: 'Countersign Test',
      PROVIDER_BANK_DEBTOR_IBAN: 'EE367700771000000001',
      PAYOUT_LEASE_MS: '2000',
      PAYOUT_RENEW_MS: '700',
      PAYOUT_RETAKE_MS: '200',
      PAYOUT_IDLE_MS: '200',
      PAYOUT_READINESS_MS: '200',
      PAYOUT_RETRY_WINDOW_MS: '1000',
    },
  },
);
