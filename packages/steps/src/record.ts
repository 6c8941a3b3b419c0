import {
  isFinal,
  TerminalError,
  unopened,
  type Change,
  type Failure,
  type JsonObject,
  type JudgeHands,
  type LoadedSubmission,
  type Plan,
} from '@countersign/flow';
import { callbackOf, resultOf } from './conclude.ts';
import type { House } from './house.ts';
import type { Visit } from './visit.ts';

/** Opens the books: judges the body where the kind has a judge, and opens the legs that should be open now. */
export async function record(visit: Visit, plan: Plan): Promise<void> {
  const { house, submission } = visit;
  const judges = submission.status === 'PENDING' ? plan.judge : undefined;
  const { failure, facts } = judges ? await judges(submission, handsOf(house, submission)) : {};
  visit.note((fresh) => (failure ? refuse(plan, fresh, failure, facts) : open(plan, fresh, facts)));
}

function handsOf(house: House, { id, kind }: LoadedSubmission): JudgeHands {
  return { document: () => documentOf(house, id), definitions: () => house.cellar.definitions(kind) };
}

/** The bytes of a submission that is a document. @throws TerminalError where it has none. */
export async function documentOf(house: House, id: string): Promise<Uint8Array> {
  const bytes = await house.cellar.document(id);
  if (bytes) return bytes;
  throw new TerminalError('NO_DOCUMENT', `submission ${id} has no document`);
}

export function open(plan: Plan, submission: LoadedSubmission, facts?: JsonObject): Change | null {
  const legs = unopened(plan, submission);
  const starts = submission.status === 'PENDING';
  if (isFinal(submission.status) || (legs.length === 0 && !starts)) return null;
  return {
    ...(starts ? { status: 'PROCESSING' } : {}),
    ...(facts ? { facts } : {}),
    // The idempotency key is made of our id and the leg: it exists before the first call and can never change.
    registrations: legs.map((leg) => ({ idempotencyKey: `${submission.id}:${leg.leg}`, ...leg })),
    // Whoever tells them remembers them; a visit has nothing to come back for.
    ...(plan.registers === 'elsewhere' ? { agendaInMs: null } : {}),
    entries: [
      ...(starts ? [{ type: 'status', from: 'PENDING', to: 'PROCESSING' }] : []),
      ...legs.map((leg) => ({ type: 'registration.opened', provider: leg.provider })),
    ],
  };
}

function refuse(plan: Plan, submission: LoadedSubmission, failure: Failure, facts?: JsonObject): Change | null {
  if (submission.status !== 'PENDING') return null;
  return {
    status: 'FAILED',
    failure,
    ...(facts ? { facts } : {}),
    entries: [{ type: 'status', from: 'PENDING', to: 'FAILED', error: failure.code }],
    ...callbackOf(submission, 'FAILED'),
    ...resultOf(plan, submission, { status: 'FAILED', failure }),
  };
}
