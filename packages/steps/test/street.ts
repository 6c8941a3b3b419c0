import {
  concludeTogether,
  type NextTicket,
  type Outcome,
  type Plan,
  type Ticket,
  type KeptWebhook,
} from '@countersign/flow';
import { visit, type House } from '../src/index.ts';
import { MemoryCellar } from './memory-cellar.ts';
import { MoodyRegistry, type PostFate } from './moody-registry.ts';

const ID = '0199a1b2-0000-7000-8000-000000000001';
const legs = () => [{ leg: 'registry', provider: 'registry' }];
export const plan: Plan = {
  kind: 'transaction',
  path: 'transactions',
  legs,
  conclude: (s) => concludeTogether({ legs }, s),
  tellsPending: true,
};
export const FIRST: Ticket = { v: 1, step: 'record', id: ID, kind: 'transaction' };

/** One submission's whole life with a pushed clock: a queue that delivers at least once, a registry with moods, a client. */
export class Street {
  readonly cellar = new MemoryCellar();
  readonly registry: MoodyRegistry;
  readonly house: House;
  readonly posted: string[] = [];
  plan: Plan = plan;
  /** Tickets by the time they are due. */
  readonly queue: { at: number; ticket: Ticket }[] = [];
  visits = 0;
  readonly #coming = new Map<string, KeptWebhook>();

  constructor(fates: PostFate[]) {
    const { cellar } = this;
    this.registry = new MoodyRegistry(fates, () => cellar.nowMs);
    this.house = {
      cellar,
      letterbox: {
        post: async (callback, body) => {
          await cellar.gate('post');
          this.posted.push(`${callback.id} ${body}`);
          return { type: 'delivered', statusCode: 200, durationMs: 1 };
        },
      },
      plan: () => this.plan,
      provider: () => this.registry.provider(),
      webhookUrl: (provider, id) => `http://here/webhooks/${provider}/${id}`,
      serves: () => true,
      callbacks: { retries: 5, scheduleMs: [5_000], timeoutMs: 15_000 },
      inlineWaitMs: 0,
      random: () => 0,
    };
    cellar.insert({
      id: ID,
      kind: 'transaction',
      clientId: 'c1',
      naturalId: 'tx-1',
      status: 'PENDING',
      version: 1,
      failure: null,
      facts: {},
      registrations: [],
      callbackUrl: 'http://client/hook',
      traceparent: null,
      createdAt: cellar.nowMs,
      updatedAt: cellar.nowMs,
      settledAt: null,
      body: '{"id":"tx-1","amount":"12.50","currency":"EUR"}',
      contentType: 'application/json',
    });
    this.add(FIRST, 0);
  }

  get row() {
    const row = this.cellar.rows.get(ID);
    if (!row) throw new Error('the row is gone');
    return row;
  }

  add(ticket: Ticket, inMs: number): void {
    this.queue.push({ at: this.cellar.nowMs + inMs, ticket });
  }

  /** The registry's webhook, proven and kept by the door, its settle ticket on the way. */
  hearWebhook(word: 'completed' | 'declined' | 'pending', inMs: number, name: string): void {
    const words = {
      completed: { type: 'done' },
      declined: { type: 'refused', failure: { code: 'DECLINED', message: 'declined' } },
      pending: { type: 'pending' },
    } as const;
    this.#coming.set(name, { id: name, submissionId: ID, leg: 'registry', word: words[word], applied: false });
    this.add({ ...FIRST, step: 'settle', webhook: name }, inMs);
  }

  /** One delivery; a visit that dies is delivered again, as the queue would. */
  async deliver(ticket: Ticket): Promise<void> {
    this.visits += 1;
    // The door keeps it when it comes, not before.
    const coming = this.#coming.get(ticket.webhook ?? '');
    if (coming && !this.cellar.webhooks.has(coming.id)) this.cellar.webhooks.set(coming.id, coming);
    try {
      this.#file(ticket, await visit(this.house, ticket, `job-${ticket.step}`, new AbortController().signal));
    } catch (error) {
      if (!(error instanceof Error && error.message === 'the process died')) throw error;
      this.add(ticket, 6_000);
    }
  }

  #file(ticket: Ticket, outcome: Outcome): void {
    if (outcome.type === 'wait') this.add(outcome.ticket, outcome.inMs);
    const { also } = outcome;
    for (const next of also) this.#fileNext(next);
    // The flow's root is released when its child is done.
    if (outcome.type === 'done' && ticket.step !== 'conclude' && ticket.step !== 'notify')
      this.add({ ...FIRST, step: 'conclude' }, 0);
  }

  #fileNext(next: NextTicket): void {
    this.add(next.ticket, next.inMs);
  }

  /** Delivers whatever is due, pushing the clock from one ticket to the next, until the street is quiet. */
  async live(until = () => false): Promise<void> {
    while (this.queue.length > 0 && !until()) {
      if (this.visits > 2_000) throw new Error(`never quiet: ${JSON.stringify(this.queue)}`);
      this.queue.sort((a, b) => a.at - b.at);
      const next = this.queue.shift();
      if (!next) return;
      this.cellar.nowMs = Math.max(this.cellar.nowMs, next.at);
      await this.deliver(next.ticket);
    }
  }
}
