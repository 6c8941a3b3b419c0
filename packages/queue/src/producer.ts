import type { NextTicket, StepName, Ticket } from '@countersign/flow';
import type { Log } from '@countersign/process';
import { readBacklog, type Backlog } from './backlog.ts';
import type { Bull } from './bull.ts';
import { createFlowLine } from './flow-line.ts';
import { openGate } from './gate.ts';
import { jobOptions, type Root } from './job-options.ts';
import { createLightLanes } from './light-lanes.ts';
import { DEFAULT_PREFIX, jobId } from './names.ts';
import { evictionProblem, producerRedis } from './redis.ts';
import { createRoom } from './room.ts';
import { rareWarning } from './rare-warning.ts';

/** Hands tickets to the queues. Every method rejects with `QueueAway` at once (within 1 s if Redis hangs) when Redis is away. */
export interface Producer {
  /**
   * Adds a submission's flow: a `conclude` root that waits for its `record` child. The same submission twice is one flow.
   * @param first goes before what waits already, where a worker serves such queues: for clients that have little in work.
   */
  startFlow(ticket: Omit<Ticket, 'step'>, options?: { readonly first?: boolean }): Promise<void>;
  /** Adds tickets; those `as: 'child'` hang on `root` where one is given and still there. A ticket whose job is alive is left alone. */
  add(next: readonly NextTicket[], root?: Root): Promise<void>;
  /** For the sweep: adds tickets that are overdue. Nothing happens where the job is alive; a job that failed for good is replaced. */
  remind(tickets: readonly Ticket[]): Promise<void>;
  /** Whether workers serve the light clients' queues, as known for 2 s. Never waits. */
  servesLight(): boolean;
  backlog(): Promise<Backlog>;
  /** How many more tickets Redis should hold, as known within the last 100 ms; 0 when Redis is away. Never waits. */
  room(): number;
  /** Whether Redis is there, and how fast it answers. */
  ping(): Promise<number>;
  /** False once when Redis knows nothing of us: it is new, or was emptied. Leaves a mark for the next time. */
  remembers(): Promise<boolean>;
  /** What is wrong with Redis's settings, in words for the operator. */
  evictionProblem(): Promise<string | undefined>;
  close(): Promise<void>;
}

export interface ProducerOptions {
  readonly redisUrl: string;
  readonly prefix?: string;
  /** Tickets that may wait in Redis; past it the rest stays in PostgreSQL for the dispatcher. Default 2,000. */
  readonly maxWaiting?: number;
  /** Nobody waits longer than this for a Redis that is there and says nothing. Default 1,000. */
  readonly patienceMs?: number;
  readonly log: Pick<Log, 'warn'>;
}

export function createProducer({
  redisUrl,
  prefix = DEFAULT_PREFIX,
  maxWaiting = 2_000,
  patienceMs,
  log,
}: ProducerOptions): Producer {
  const redis = producerRedis(redisUrl);
  const onError = rareWarning(log, 'Redis is in trouble');
  redis.on('error', onError);
  const { now, open, close } = openGate(redis, { prefix, onError, patienceMs });
  const addFlow = createFlowLine(async () => (await open()).queueOf);
  const isThere = (): boolean => redis.status === 'ready';
  const room = createRoom(maxWaiting, isThere, () => readBacklog(redis, prefix));
  const lightLanes = createLightLanes(redis, prefix);
  // BullMQ opens as soon as Redis is there, so that the first submission does not pay for it.
  redis.on('ready', () => void open().catch(onError));

  return {
    async startFlow(ticket, { first = false } = {}) {
      room.took(1);
      await now(async () => await addFlow({ ticket, first: first && lightLanes.served() }));
    },
    async add(next, root) {
      if (next.length === 0) return;
      await now(async (bull) => await Promise.all(next.map(async (each) => await addOne(bull, each, root))));
    },
    async remind(tickets) {
      if (tickets.length === 0) return;
      await now(async (bull) => await remindAll(bull, tickets));
    },
    servesLight: lightLanes.served,
    backlog: () => now(async () => await readBacklog(redis, prefix)),
    room: room.now,
    async ping() {
      const startedMs = performance.now();
      await now(async () => await redis.ping());
      return performance.now() - startedMs;
    },
    remembers: () => now(async () => (await redis.set(`${prefix}:mark`, Date.now(), 'NX')) === null),
    evictionProblem: () => now(async () => await evictionProblem(redis)),
    async close() {
      lightLanes.close();
      await close();
    },
  };
}

async function addOne({ queueOf }: Bull, { ticket, inMs, as }: NextTicket, root?: Root): Promise<void> {
  const add = async (under?: Root): Promise<unknown> =>
    // What is begun goes before what is not: fewer submissions half-way, earlier answers.
    await queueOf(ticket).add(ticket.step, ticket, jobOptions(jobId(ticket), { inMs, lifo: inMs === 0, root: under }));
  if (as !== 'child' || !root) return void (await add());
  try {
    await add(root);
  } catch (error) {
    // The root is gone (Redis was emptied, or it was a reminder's lone job): the ticket finds its way alone.
    if (!(error instanceof Error && /Missing key for parent job/.test(error.message))) throw error;
    await add();
  }
}

async function remindAll({ queueOf }: Bull, tickets: readonly Ticket[]): Promise<void> {
  const byStep = new Map<StepName, Ticket[]>();
  for (const ticket of tickets) byStep.set(ticket.step, [...(byStep.get(ticket.step) ?? []), ticket]);
  await Promise.all(
    [...byStep].map(async ([step, group]) => {
      const queue = queueOf({ step });
      // A job that failed for good stays in Redis and would block its id.
      const failed = await Promise.all(
        group.map(async (ticket) => await queue.getBackend().isJobInState('failed', jobId(ticket))),
      );
      await Promise.all(group.filter((_, at) => failed[at]).map(async (ticket) => await queue.remove(jobId(ticket))));
      await Promise.all(group.map(async (ticket) => await queue.add(step, ticket, jobOptions(jobId(ticket)))));
    }),
  );
}
