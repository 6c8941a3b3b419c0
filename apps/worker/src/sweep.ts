import { isFinal, isOnItsWay, isSettled, type StepName, type Ticket } from '@countersign/flow';
import type { Log } from '@countersign/process';
import type { Producer } from '@countersign/queue';
import type { Agenda, Overdue } from '@countersign/store';

const BATCH = 500;
/** Even with the queues full some reminders go in: what they are for may be what is in the way. */
const AT_LEAST = 50;
const AGAIN_IN_MS = 1_000;
/** So long a backlog may excuse at most: its oldest job's age is a look at one job, and may be that of one that was parked. */
const MOST_PATIENCE_MS = 60_000;

/**
 * The night watch: what nobody moved in time gets the ticket it needs (again). A job that lives is left alone, one that
 * failed for good is replaced, one that is gone (Redis was emptied) is made anew. Returns whether there is more at once.
 */
export async function sweep(
  agenda: Pick<Agenda, 'overdue' | 'push'>,
  producer: Pick<Producer, 'remind' | 'room' | 'backlog'>,
  log: Log,
): Promise<boolean> {
  const room = Math.max(AT_LEAST, Math.min(BATCH, producer.room()));
  // What waits behind a backlog is late, not lost: reminding it would find its job alive, thousands of times.
  const waitedMs = await producer.backlog().then(
    ({ record }) => (record.waiting > 0 ? record.oldestMs : 0),
    () => 0,
  );
  const found = await agenda.overdue(room, { patienceMs: Math.min(MOST_PATIENCE_MS, waitedMs) });
  if (found.length === 0) return false;
  try {
    await producer.remind(found.flatMap(ticketsFor));
  } catch (err) {
    log.warn({ err, submissions: found.length }, 'could not remind the queues; tried again in a second');
    await agenda.push(
      found.map(({ submission }) => submission.id),
      AGAIN_IN_MS,
    );
    return false;
  }
  return found.length === room;
}

/** Which tickets an overdue submission needs, by where it stands. One too many is harmless: not due is done. */
export function ticketsFor({ submission, callbackDue, webhooks }: Overdue): readonly Ticket[] {
  const ticket = (step: StepName, more: { leg?: string; webhook?: string } = {}): Ticket => ({
    v: 1,
    step,
    id: submission.id,
    kind: submission.kind,
    ...more,
    ...(submission.traceparent === null ? {} : { traceparent: submission.traceparent }),
  });
  const tickets = webhooks.map(({ id, leg }) => ticket('settle', { leg, webhook: id }));
  if (callbackDue) tickets.push(ticket('notify'));
  // A webhook's visit goes on with its leg by itself.
  const legs = submission.registrations.filter(
    (row) => isOnItsWay(row) && !webhooks.some(({ leg }) => leg === row.leg),
  );
  for (const { leg, told, status } of legs)
    tickets.push(ticket(told || status === 'UNRESOLVED' ? 'poll' : 'register', { leg }));
  // Nothing on its way and no end: books to be opened, or to be closed. The record visit finds out which.
  // An UNRESOLVED one whose legs have all settled since may have a next leg to open.
  const isOpen = submission.status !== 'UNRESOLVED' || submission.registrations.every((row) => isSettled(row.status));
  if (!isFinal(submission.status) && isOpen && legs.length === 0 && webhooks.length === 0)
    tickets.push(ticket('record'));
  return tickets;
}
