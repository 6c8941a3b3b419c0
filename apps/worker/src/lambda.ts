// The same visits behind an event: for a function that a queue service calls with batches (SQS's shape).
import type { NextTicket, Ticket } from '@countersign/flow';
import { discoverPlans } from '@countersign/kinds';
import { createClosers, createLog, envOrExit } from '@countersign/process';
import { createProducer, LONGEST_PARK_MS, type Run } from '@countersign/queue';
import { openEngine } from './engine.ts';
import { readWorkerEnv } from './env.ts';

export interface TicketEvent {
  readonly Records: readonly { readonly messageId: string; readonly body: string }[];
}

/** The messages to be delivered again; all others are done with. */
export interface TicketAnswer {
  readonly batchItemFailures: readonly { readonly itemIdentifier: string }[];
}

export interface HandlerPorts {
  readonly run: Run;
  /** Hands tickets out, none before its time: to a queue with delays. Never asked for more than 30 s. */
  readonly later: (next: readonly NextTicket[]) => Promise<void>;
}

/**
 * A wait is not a failure: the message is done with, and its ticket goes out again by `later` (the event's own visibility
 * time-out would count waits as failed deliveries and end in a dead letter queue). Longer waits are the agenda's.
 */
export function createHandler({ run, later }: HandlerPorts): (event: TicketEvent) => Promise<TicketAnswer> {
  const make = async (messageId: string, body: string): Promise<void> => {
    const ticket = ticketIn(body);
    const context = { holder: messageId, attempt: 1, deaths: 0, signal: AbortSignal.timeout(VISIT_WITHIN_MS) };
    try {
      const outcome = await run(ticket, context);
      const waits: NextTicket[] =
        outcome.type === 'wait' && outcome.inMs <= LONGEST_PARK_MS
          ? [{ ticket: outcome.ticket, inMs: outcome.inMs, as: 'apart' }]
          : [];
      await later([...outcome.also, ...waits]);
    } catch (error) {
      if (!(error instanceof Error && error.name === 'TerminalError')) throw error;
      // Delivering it again mends nothing: its books are closed instead.
      await later([{ ticket: { ...ticket, step: 'conclude', lost: error.message }, inMs: 0, as: 'apart' }]);
    }
  };
  return async ({ Records }) => {
    const made = await Promise.allSettled(Records.map(async ({ messageId, body }) => await make(messageId, body)));
    const failed = Records.filter((_, at) => made[at]?.status === 'rejected');
    return { batchItemFailures: failed.map(({ messageId }) => ({ itemIdentifier: messageId })) };
  };
}

/** Under the shortest visibility time-out in use (30 s). */
const VISIT_WITHIN_MS = 25_000;

function ticketIn(body: string): Ticket {
  // A ticket is written by us only; what else is in the queue fails here and goes to its dead letter queue.
  const ticket = JSON.parse(body) as Ticket;
  if (ticket.v !== 1) throw new Error(`a ticket of version ${String(ticket.v)}; this code knows version 1`);
  return ticket;
}

let made: Promise<(event: TicketEvent) => Promise<TicketAnswer>> | undefined;

/** The entry point: opens everything with the first event and keeps it for the next. */
export async function handler(event: TicketEvent): Promise<TicketAnswer> {
  made ??= open();
  return await (
    await made
  )(event);
}

async function open(): Promise<(event: TicketEvent) => Promise<TicketAnswer>> {
  const plans = await discoverPlans();
  const settings = envOrExit(readWorkerEnv(process.env, plans));
  const log = createLog({ level: settings.own.LOG_LEVEL, name: 'lambda' });
  const engine = await openEngine({ ...settings, plans, log, closers: createClosers(log), name: 'countersign-lambda' });
  const producer = createProducer({ redisUrl: settings.own.REDIS_URL, log });
  return createHandler({ run: engine.run, later: (next) => producer.add(next) });
}
