import type { StepName, Ticket } from '@countersign/flow';

/** All keys of ours in Redis begin with this, unless a test brings its own. */
export const DEFAULT_PREFIX = 'countersign';

export function queueName(step: StepName): string {
  return step;
}

/**
 * A ticket's job id: the same ticket twice is one job while the first is alive. Made of our own id only, so that it can
 * never be all digits or hold a `:` (BullMQ refuses both), whatever a client calls its submission.
 * A webhook and a callback are told apart by their own name: a submission may have several.
 */
export function jobId(ticket: Pick<Ticket, 'step' | 'id' | 'leg' | 'webhook' | 'about' | 'lost'>): string {
  const parts = [ticket.step, plain(ticket.id)];
  if (ticket.leg !== undefined) parts.push(plain(ticket.leg));
  if (ticket.webhook !== undefined) parts.push(plain(ticket.webhook));
  if (ticket.about !== undefined) parts.push(plain(ticket.about));
  if (ticket.lost !== undefined) parts.push('lost');
  return parts.join('-');
}

function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/g, '');
}
