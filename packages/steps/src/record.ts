import { isFinal, unopened, type Change, type Failure, type LoadedSubmission, type Plan } from '@countersign/flow';
import { callbackOf } from './conclude.ts';
import type { Visit } from './visit.ts';

/** Opens the books: judges the body where the kind has a judge, and opens the legs that should be open now. */
export async function record(visit: Visit, plan: Plan): Promise<void> {
  const judged = visit.submission.status === 'PENDING' && plan.judge ? await plan.judge(visit.submission) : undefined;
  visit.note((submission) => (judged ? refuse(submission, judged) : open(plan, submission)));
}

export function open(plan: Plan, submission: LoadedSubmission): Change | null {
  const legs = unopened(plan, submission);
  const starts = submission.status === 'PENDING';
  if (isFinal(submission.status) || (legs.length === 0 && !starts)) return null;
  return {
    ...(starts ? { status: 'PROCESSING' } : {}),
    // The idempotency key is made of our id and the leg: it exists before the first call and can never change.
    registrations: legs.map((leg) => ({ idempotencyKey: `${submission.id}:${leg.leg}`, ...leg })),
    entries: [
      ...(starts ? [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }] : []),
      ...legs.map((leg) => ({ type: 'registration.opened', provider: leg.provider })),
    ],
  };
}

function refuse(submission: LoadedSubmission, failure: Failure): Change | null {
  if (submission.status !== 'PENDING') return null;
  return {
    status: 'FAILED',
    failure,
    entries: [{ type: 'status', from: 'PENDING', to: 'FAILED', error: failure.code }],
    ...callbackOf(submission, 'FAILED'),
  };
}
