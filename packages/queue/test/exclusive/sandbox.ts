// A processor file for BullMQ's own sandbox, played by the ticket's kind.
import { done, wait, type Outcome, type Ticket } from '@countersign/flow';

export default async function toy(job: { data: Ticket; attemptsMade: number }): Promise<Outcome> {
  const { data: ticket, attemptsMade } = job;
  if (ticket.kind === 'loop' && ticket.step === 'record' && attemptsMade === 0) for (;;);
  if (ticket.kind === 'dies' && ticket.step === 'record' && attemptsMade === 0) process.exit(9);
  if (ticket.kind === 'waits' && ticket.step === 'record')
    return await Promise.resolve(wait({ ...ticket, step: 'poll' }, 20));
  return await Promise.resolve(done());
}
