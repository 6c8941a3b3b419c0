import type { KindName, Op } from '../ledger.ts';
import type { Ends, LoadKind } from './kind.ts';
import { kind as costJob } from './cost-job.ts';
import { kind as payment } from './payment.ts';
import { kind as payout } from './payout.ts';
import { kind as provisioningJob } from './provisioning-job.ts';
import { kind as receipt } from './receipt.ts';
import { kind as transaction } from './transaction.ts';

export const KINDS: Readonly<Record<KindName, LoadKind>> = {
  transaction,
  payment,
  receipt,
  payout,
  'provisioning-job': provisioningJob,
  'cost-job': costJob,
};

export const kindOf = (op: Pick<Op, 'kind'>): LoadKind => KINDS[op.kind];

export function endsOf(op: Op): Ends | undefined {
  return kindOf(op).fates[op.fate]?.ends;
}
