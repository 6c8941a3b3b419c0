import type { Change, Entry, Failure, LoadedSubmission } from '@countersign/flow';
import { isFinal, iso, registrationOf } from '@countersign/flow';
import { BANK } from '@countersign/providers';
import type { Batch } from '@countersign/store';
import type { Office } from './office.ts';

type Decide = (submission: LoadedSubmission) => Change | null;

/** Compare-and-set until it holds: decided anew on a fresh row whenever somebody else moved it. */
export async function move({ store }: Pick<Office, 'store'>, id: string, decide: Decide): Promise<void> {
  for (;;) {
    const submission = await store.cellar.load(id);
    const change = submission && decide(submission);
    if (!submission || !change || (await store.cellar.commit(submission, change))) return;
  }
}

/** Before the bank hears of the file: the payout's own row says in which file it is, and that a try begins. */
export function begins(batch: Pick<Batch, 'id'>, attempt: number): Decide {
  return (submission) => {
    const row = registrationOf(submission, BANK);
    if (!row || isFinal(submission.status) || row.told || row.attempts >= attempt) return null;
    return {
      facts: { batchId: batch.id },
      registrations: [{ leg: BANK, attempts: attempt }],
      entries: [{ type: 'attempt.started', provider: BANK, attempt, requestId: batch.id }],
      agendaInMs: null,
    };
  };
}

/** What came of a round's tries, where it is not known that the bank has the file. */
export function unclear(batch: Pick<Batch, 'id'>, attempt: number, reason: string, durationMs: number): Decide {
  return (submission) => {
    const row = registrationOf(submission, BANK);
    if (!row || isFinal(submission.status) || row.told) return null;
    return { entries: [entry(batch.id, attempt, { to: 'unclear', error: reason, durationMs })], agendaInMs: null };
  };
}

/** The bank took the file: from here on its messages tell, for as long as we wait. */
export function told(batch: Batch, maxAgeMs: number): Decide {
  const initiatedAt = iso(batch.initiatedAt ?? 0);
  const { messageRequestId } = batch;
  const facts = { batchId: batch.id, initiatedAt, ...(messageRequestId === null ? {} : { messageRequestId }) };
  return (submission) => {
    const row = registrationOf(submission, BANK);
    if (!row || submission.facts.initiatedAt !== undefined) return null;
    const noted = entry(batch.id, row.attempts, { to: 'pending', reason: 'the bank took the file' });
    // Its own report may have come before our 202.
    if (row.told || row.status !== 'PENDING') return { facts, entries: [noted] };
    const leg = { leg: BANK, told: true, looking: true, looks: 0, dueInMs: maxAgeMs, failure: null };
    return { facts, registrations: [leg], entries: [noted], agendaInMs: maxAgeMs, agendaExact: true };
  };
}

/** No file can hold it, or the bank refused the one that held it alone: it was certainly never executed. */
export function refused(failure: Failure): Decide {
  return (submission) => {
    const row = registrationOf(submission, BANK);
    if (row?.status !== 'PENDING' || row.told) return null;
    return {
      registrations: [{ leg: BANK, status: 'REFUSED', dueInMs: null, failure }],
      entries: [{ type: 'attempt', provider: BANK, attempt: row.attempts, to: 'refused', error: failure.message }],
    };
  };
}

function entry(batchId: string, attempt: number, more: Partial<Entry>): Entry {
  return { type: 'attempt', provider: BANK, attempt, requestId: batchId, ...more };
}
