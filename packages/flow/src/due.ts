import type { Leg, Plan } from './plan.ts';
import type { LoadedSubmission, Registration } from './submission.ts';
import { isFinal } from './status.ts';

/** Which step a submission stands before, for one leg (or its only one). `atMs` is the database's clock; 0 = at once. */
export type Due =
  | { readonly step: 'record' }
  | { readonly step: 'register' | 'poll'; readonly registration: Registration; readonly atMs: number }
  | { readonly step: 'conclude' }
  | { readonly step: 'nothing' };

/** Legs that should be open and are not yet. */
export function unopened(plan: Plan, submission: LoadedSubmission): readonly Leg[] {
  return plan.legs(submission).filter((leg) => !submission.registrations.some((r) => r.leg === leg.leg));
}

/**
 * Compares a ticket with where the row stands. Not due is done: double, late and out-of-order delivery are the same
 * harmless no-op. Without a leg it answers for the first leg still on its way.
 */
export function due(plan: Plan, submission: LoadedSubmission, leg?: string): Due {
  if (isFinal(submission.status)) return { step: 'nothing' };
  if (submission.status === 'PENDING' || unopened(plan, submission).length > 0) return { step: 'record' };
  const verdict = plan.conclude(submission);
  if (verdict && verdict.status !== submission.status) return { step: 'conclude' };
  const mine = submission.registrations.filter(
    (r) => (leg === undefined || r.leg === leg) && isOnItsWay(r) && !isTheirsToTell(plan, r),
  );
  const registration = mine[0];
  if (!registration) return { step: 'nothing' };
  const step = registration.told || registration.status === 'UNRESOLVED' ? 'poll' : 'register';
  return { step, registration, atMs: registration.dueAt ?? 0 };
}

/** Still to be registered or looked at. UNRESOLVED ones are looked at again only while a look is scheduled. */
export function isOnItsWay(registration: Registration): boolean {
  if (registration.status === 'PENDING') return true;
  return registration.status === 'UNRESOLVED' && registration.dueAt !== null;
}

/** Not told yet, and not by us: nothing is due here before somebody else has. */
function isTheirsToTell(plan: Plan, registration: Registration): boolean {
  return plan.registers === 'elsewhere' && !registration.told && registration.status === 'PENDING';
}
