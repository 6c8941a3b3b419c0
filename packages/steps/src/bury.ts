import { isFinal, isOnItsWay, type Change, type LoadedSubmission, type Plan } from '@countersign/flow';
import { conclude } from './conclude.ts';
import { open } from './record.ts';
import type { Visit } from './visit.ts';

/**
 * Closes the books of a submission whose job was given up for good (it brought down its process time and again).
 * What it may have told is unknown, and unknown is never called failed: UNRESOLVED, a dead letter, an operator's case.
 */
export async function bury(visit: Visit, plan: Plan, reason: string): Promise<void> {
  visit.note((submission) => open(plan, submission));
  visit.note((submission) => giveUp(submission, reason));
  conclude(visit, plan);
  await visit.commit();
}

function giveUp(submission: LoadedSubmission, reason: string): Change | null {
  const legs = submission.registrations.filter((r) => isOnItsWay(r) && r.status === 'PENDING');
  if (isFinal(submission.status) || legs.length === 0) return null;
  return {
    registrations: legs.map((r) => ({
      leg: r.leg,
      status: 'UNRESOLVED' as const,
      telling: false,
      dueInMs: null,
      failure: { code: 'PROCESSING_GIVEN_UP', provider: r.provider, message: reason },
    })),
    entries: [{ type: 'given-up', error: reason }],
    agendaInMs: null,
  };
}
