import type { Json, Letterbox, LoadedSubmission, Outcome, Ticket } from '@countersign/flow';
import { MemoryCellar } from './memory-cellar.ts';

/** The id of the one submission on a stage. */
export const STAGE_ID = '0199a1b2-0000-7000-8000-000000000001';

const MANY_VISITS = 2_000;
/** Two tickets closer than this to each other may be in work at once. */
const TOGETHER_MS = 1_000;

/** The submission a stage begins with, PENDING; what stands here is its kind's. */
export interface StageSubmission {
  readonly kind: string;
  readonly naturalId: string;
  readonly body: Json;
  /** How long until a visit that died is made again. Default 6 s, as the queue does. */
  readonly againMs?: number;
}

/**
 * One submission's whole life with a pushed clock: a queue that delivers at least once, the cellar in memory, and a client
 * who is told. Whoever plays on it brings the visit and the third parties; their ports may throw `the process died`.
 */
export abstract class MemoryStage {
  readonly cellar = new MemoryCellar();
  /** Tickets by the time they are due. */
  readonly queue: { readonly at: number; readonly ticket: Ticket }[] = [];
  readonly posted: { readonly id: string; readonly type: string; readonly status: string }[] = [];
  /** What every house on a stage has; its plan and its third parties are the player's. */
  readonly ports;
  readonly first: Ticket;
  visits = 0;
  readonly #againMs: number;

  constructor({ kind, naturalId, body, againMs = 6_000 }: StageSubmission) {
    this.#againMs = againMs;
    this.first = { v: 1, step: 'record', id: STAGE_ID, kind };
    this.ports = {
      cellar: this.cellar,
      letterbox: this.#letterbox(),
      serves: () => true,
      callbacks: { retries: 5, scheduleMs: [5_000], timeoutMs: 15_000 },
      inlineWaitMs: 0,
      outside: <T>(wait: () => Promise<T>): Promise<T> => wait(),
      random: () => 0,
    };
    const { nowMs } = this.cellar;
    this.cellar.insert({
      ...{ id: STAGE_ID, kind, clientId: 'c1', naturalId, status: 'PENDING', version: 1, failure: null, facts: {} },
      ...{ registrations: [], callbackUrl: 'http://client/hook', traceparent: null, settledAt: null },
      ...{ createdAt: nowMs, updatedAt: nowMs, body: JSON.stringify(body), contentType: 'application/json' },
    });
    this.add(this.first, 0);
  }

  /** One visit of the steps, in this stage's house. */
  protected abstract visit(ticket: Ticket, holder: string): Promise<Outcome>;
  /** Before a ticket is delivered: what the door has kept meanwhile, say. */
  protected arrive(_ticket: Ticket): void {}
  /** After each delivery: the third parties move on, the night watch makes its round. */
  protected after(): void {}

  get row(): LoadedSubmission {
    const row = this.cellar.rows.get(STAGE_ID);
    if (!row) throw new Error('the row is gone');
    return row;
  }

  add(ticket: Ticket, inMs: number): void {
    this.queue.push({ at: this.cellar.nowMs + inMs, ticket });
  }

  /** One delivery; a visit that dies is delivered again, as the queue or the night watch would. */
  async deliver(ticket: Ticket): Promise<void> {
    this.visits += 1;
    this.arrive(ticket);
    try {
      this.#file(ticket, await this.visit(ticket, `job-${ticket.step}`));
    } catch (error) {
      if (!(error instanceof Error && error.message === 'the process died')) throw error;
      this.add({ ...ticket, again: true }, this.#againMs);
    }
  }

  /** Delivers whatever is due, pushing the clock from one ticket to the next, until nothing is. */
  async live(until = (): boolean => false): Promise<void> {
    while (this.queue.length > 0 && !until()) {
      for (const ticket of this.#next(1)) await this.deliver(ticket);
      this.after();
    }
  }

  /** The same, two visits at a time where they are close: `together` interleaves their every await. */
  async liveInPairs(together: (visits: Promise<unknown>) => Promise<unknown>): Promise<void> {
    while (this.queue.length > 0) {
      const pair = this.#next(2);
      await together(Promise.all(pair.map((ticket) => this.deliver(ticket))));
      this.after();
    }
  }

  #next(most: number): Ticket[] {
    if (this.visits > MANY_VISITS) throw new Error(`never quiet: ${JSON.stringify(this.queue)}`);
    this.queue.sort((a, b) => a.at - b.at);
    const firstMs = this.queue[0]?.at ?? 0;
    const due = this.queue.slice(0, most).filter(({ at }) => at - firstMs < TOGETHER_MS);
    this.queue.splice(0, due.length);
    this.cellar.nowMs = Math.max(this.cellar.nowMs, firstMs);
    return due.map(({ ticket }) => ticket);
  }

  #file(ticket: Ticket, outcome: Outcome): void {
    if (outcome.type === 'wait') this.add(outcome.ticket, outcome.inMs);
    for (const next of outcome.also) this.add(next.ticket, next.inMs);
    // The flow's root is released when its child is done.
    if (outcome.type === 'done' && ticket.step !== 'conclude' && ticket.step !== 'notify')
      this.add({ ...this.first, step: 'conclude' }, 0);
  }

  #letterbox(): Letterbox {
    return {
      post: async ({ id }, body) => {
        await this.cellar.gate('post');
        // The product's own callback, as contract section 3.4 has it.
        const { type, data } = JSON.parse(body) as { type: string; data: { status: string } };
        this.posted.push({ id, type, status: data.status });
        return { type: 'delivered', statusCode: 200, durationMs: 1 };
      },
    };
  }
}
