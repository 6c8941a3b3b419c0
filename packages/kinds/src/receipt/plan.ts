import {
  concludeTogether,
  type Failure,
  type JudgeHands,
  type Judgement,
  type LoadedSubmission,
} from '@countersign/flow';
import { taxNeighbour, warehouseNeighbour } from '@countersign/providers';
import type { KindPlan } from '../contract.ts';
import { judges, typesOf } from './receipt-type.ts';

const legs = () => [
  { leg: 'tax', provider: 'tax' },
  { leg: 'warehouse', provider: 'warehouse' },
];

/** Judged first, then two legs at once: COMPLETED when both are DONE, FAILED as soon as one refuses. */
export const plan: KindPlan = {
  kind: 'receipt',
  path: 'receipts',
  legs,
  conclude: (submission) => concludeTogether({ legs }, submission),
  judge,
  neighbours: [taxNeighbour, warehouseNeighbour],
};

async function judge({ contentType, facts }: LoadedSubmission, hands: JudgeHands): Promise<Judgement> {
  const [bytes, definitions] = await Promise.all([hands.document(), hands.definitions()]);
  const wanted = facts['receiptType'];
  const paper = { bytes, contentType, ...(typeof wanted === 'string' ? { wanted } : {}) };
  const { type, violations } = await judges().judge(paper, typesOf(definitions));
  const [first] = violations;
  return {
    ...(type ? { facts: { receiptType: type.name, receiptTypeVersion: type.version } } : {}),
    ...(first ? { failure: invalid(first.detail, violations) } : {}),
  };
}

function invalid(detail: string, violations: Failure['violations'] & object): Failure {
  const more = violations.length > 1 ? ` (and ${violations.length - 1} more)` : '';
  return { code: 'INVALID_RECEIPT', message: `${detail}${more}`.slice(0, 500), violations };
}
