/** Everything clients can submit. */
export const KIND_NAMES = ['transaction', 'payment', 'receipt', 'payout', 'provisioning-job', 'cost-job'] as const;
export type KindName = (typeof KIND_NAMES)[number];
