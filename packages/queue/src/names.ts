import { STEPS, type StepName, type Ticket } from '@countersign/flow';

/** All keys of ours in Redis begin with this, unless a test brings its own. */
export const DEFAULT_PREFIX = 'countersign';

/** Which of a step's two queues. */
export type Lane = Pick<Ticket, 'step' | 'first'>;

/** Each step has two queues: light clients' tickets have one of their own, so that no crowd stands before them. */
export function queueName({ step, first }: Lane): string {
  return first ? `${step}-first` : step;
}

/** Both queues of a step. */
export function lanesOf(step: StepName): readonly Lane[] {
  return [{ step }, { step, first: true }];
}

/** Every queue there is. */
export const LANES: readonly Lane[] = STEPS.flatMap(lanesOf);

/**
 * A ticket's job id: the same ticket twice is one job while the first is alive. Made of our own id only, so that it can
 * never be all digits or hold a `:` (BullMQ refuses both), whatever a client calls its submission.
 * A webhook and a callback are told apart by their own name: a submission may have several.
 */
export function jobId(ticket: Pick<Ticket, 'step' | 'id' | 'leg' | 'webhook' | 'about' | 'lost' | 'first'>): string {
  const parts = [ticket.step, plain(ticket.id)];
  if (ticket.leg !== undefined) parts.push(plain(ticket.leg));
  if (ticket.webhook !== undefined) parts.push(plain(ticket.webhook));
  if (ticket.about !== undefined) parts.push(plain(ticket.about));
  if (ticket.lost !== undefined) parts.push('lost');
  // A reminder's job in the other queue is another holder of claims.
  if (ticket.first) parts.push('first');
  return parts.join('-');
}

function plain(text: string): string {
  return text.replaceAll(/[^A-Za-z0-9_]/g, '');
}
