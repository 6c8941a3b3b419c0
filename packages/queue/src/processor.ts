import { STEPS, type NextTicket, type Outcome, type Ticket } from '@countersign/flow';
import { DelayedError, UnrecoverableError, type Job } from 'bullmq';
import type { Root } from './job-options.ts';
import { queueName } from './names.ts';
import type { Producer } from './producer.ts';

/** What a visit is told about the job that carries its ticket. */
export interface Context {
  /** Names the job: the same over all its attempts. */
  readonly holder: string;
  /** From 1; waits do not count, only what went wrong. */
  readonly attempt: number;
  /** How often a sandbox has died with this job in it. */
  readonly deaths: number;
  /** Aborts when the job was lost to another worker, or when this one must stop. */
  readonly signal: AbortSignal;
}

export type Run = (ticket: Ticket, context: Context) => Promise<Outcome>;

/** Waits longer than this are not parked in Redis: the job ends, and the agenda in PostgreSQL brings the ticket back. */
export const LONGEST_PARK_MS = 30_000;

/** BullMQ gives a signal to a processor whose `length` is three (no default values!); its types do not know. */
const NEVER = new AbortController().signal;

/** Troubles that are not the job's: it waits and no attempt is spent, or a minute without PostgreSQL would bury healthy submissions. */
const NOT_THE_JOBS_FAULT = new Set(['StoreAway', 'StoreBusy', 'QueueAway', 'ElsewhereError']);

/**
 * THE one place where our words become BullMQ's: `done`, `wait` and the three errors (read by name, they may have
 * crossed a process wall) → completed, moved to delayed, failed, failed for good; `also` → jobs, on the flow's root or apart.
 */
export function createProcessor(run: Run, producer: Pick<Producer, 'add'>, stopping: () => boolean) {
  return async (job: Job<Ticket>, token?: string, given?: AbortSignal): Promise<void> => {
    const signal = given ?? NEVER;
    const context = contextOf(job, signal);
    try {
      // A newer version's ticket: leave it to a newer worker.
      if (!isKnown(job.data)) return await park(job, token, 5_000);
      const ticket = ticketOf(job);
      let outcome = await run(ticket, context);
      if (outcome.type === 'done' && outcome.unsettled) {
        const lost = await lostChildOf(job);
        if (lost !== undefined) outcome = await run({ ...ticket, lost }, context);
      }
      await leave(job, token, outcome, producer);
    } catch (error) {
      throw await inBullsWords(error, job, token, stopping() && signal.aborted);
    }
  };
}

async function leave(
  job: Job<Ticket>,
  token: string | undefined,
  outcome: Outcome,
  producer: Pick<Producer, 'add'>,
): Promise<void> {
  const root = rootOf(job);
  // A root, or a job that has one, needs no relief: the flow does it anyway.
  const inFlow = root !== undefined;
  const also = outcome.also.filter((next) => next.as !== 'relief' || !inFlow);
  const moves =
    outcome.type === 'wait' && outcome.inMs <= LONGEST_PARK_MS && queueName(outcome.ticket) !== job.queueName;
  // What stands before its end waits for nobody but the root, which runs as soon as this job has ended. It must not be
  // added again: BullMQ would make it its own child, and it would wait for itself for ever.
  const isRoots = outcome.type === 'wait' && inFlow && outcome.ticket.step === 'conclude';
  const moved: NextTicket[] = moves && !isRoots ? [{ ticket: outcome.ticket, inMs: outcome.inMs, as: 'child' }] : [];
  // Before this job ends: the root must not be released in between.
  if (also.length + moved.length > 0) await producer.add([...also, ...moved], root);
  if (outcome.type === 'done' || moves || outcome.inMs > LONGEST_PARK_MS) return;
  if (JSON.stringify(outcome.ticket) !== JSON.stringify(job.data)) await job.updateData(outcome.ticket);
  await park(job, token, outcome.inMs);
}

/** A pause: costs no attempt. BullMQ wants the job moved and then to be told so by a throw. */
async function park(job: Job<Ticket>, token: string | undefined, inMs: number): Promise<never> {
  await job.moveToDelayed(Date.now() + inMs, token);
  throw new DelayedError();
}

async function inBullsWords(
  error: unknown,
  job: Job<Ticket>,
  token: string | undefined,
  stopped: boolean,
): Promise<unknown> {
  const { name, code, message, retryAfterMs } = wordsOf(error);
  if (name === 'DelayedError') return error;
  if (name === 'TerminalError') return new UnrecoverableError(`${code}: ${message}`);
  if (!stopped && !NOT_THE_JOBS_FAULT.has(name)) return error;
  // Half of it at random, or thousands of jobs come back in the same millisecond.
  const inMs = stopped ? 0 : (retryAfterMs ?? 1_000) * (0.75 + Math.random() / 2);
  try {
    return await park(job, token, inMs);
  } catch (delayed) {
    return delayed;
  }
}

function wordsOf(error: unknown): { name: string; code: string; message: string; retryAfterMs: number | undefined } {
  const given: Record<string, unknown> = error instanceof Object ? { ...error } : {};
  const text = (value: unknown, otherwise: string): string => (typeof value === 'string' ? value : otherwise);
  return {
    name: text(given['name'], error instanceof Error ? error.name : 'Error'),
    code: text(given['code'], 'UNKNOWN'),
    message: error instanceof Error ? error.message : text(given['message'], String(error)),
    retryAfterMs: typeof given['retryAfterMs'] === 'number' ? given['retryAfterMs'] : undefined,
  };
}

/** Why a child of this root was given up, if one was: BullMQ keeps the reason of ignored failures at the parent. */
async function lostChildOf(job: Job<Ticket>): Promise<string | undefined> {
  const failures = await job.getIgnoredChildrenFailures();
  return Object.values(failures)[0];
}

function rootOf(job: Job<Ticket>): Root | undefined {
  return job.parent?.id !== undefined ? { id: job.parent.id, queue: job.parent.queueKey } : undefined;
}

/** The ticket in a job, which says so when the job's last run broke off: it threw, its sandbox died, or its whole worker did. */
export function ticketOf(job: {
  readonly data: Ticket;
  readonly attemptsMade: number;
  readonly stalledCounter?: number;
}): Ticket {
  return job.attemptsMade > 0 || (job.stalledCounter ?? 0) > 0 ? { ...job.data, again: true } : job.data;
}

/** What a job says of itself; also read in BullMQ's sandbox, where the job is plain data. */
export function contextOf(
  job: { readonly id?: string; readonly attemptsMade: number; readonly failedReason?: string },
  signal: AbortSignal,
): Context {
  // `SANDBOX_DIED 2: …` in the last failure's reason survives in Redis, so every replica knows a suspect.
  const deaths = Number(/^SANDBOX_DIED (\d+)/.exec(job.failedReason ?? '')?.[1] ?? 0);
  return { holder: job.id ?? '', attempt: job.attemptsMade + 1, deaths, signal };
}

function isKnown(ticket: Ticket): boolean {
  return ticket.v === 1 && STEPS.includes(ticket.step);
}
