import { isFinal, isOnItsWay, isSettled, type Outcome, type Provider, type Ticket } from '@countersign/flow';
import { offRampWebhook, onRampWebhook, ramp, RAMP_LEGS, type RampLeg } from '@countersign/providers';
import { visit, type House } from '@countersign/steps';
import { MemoryCellar } from '@countersign/testkit';
import { plan } from '../plan.ts';
import { Bridge, told, WINDOW_MS, type End, type PostFate } from './bridge.ts';

export const ID = '0199a1b2-0000-7000-8000-000000000001';
export const FIRST: Ticket = { v: 1, step: 'record', id: ID, kind: 'payment' };

const SWEEP_MS = 15_000;

export interface Script {
  readonly fates: Record<string, PostFate[]>;
  readonly ends: Record<string, End>;
  /** How long until a visit that died is made again. */
  readonly againMs: number;
}

/** One payment's whole life with a pushed clock: its real plan, the real steps and the real adapter, over ramps in memory. */
export class Road {
  readonly cellar = new MemoryCellar();
  readonly bridge: Bridge;
  readonly house: House;
  readonly posted: { readonly type: string; readonly status: string }[] = [];
  readonly queue: { at: number; ticket: Ticket }[] = [];
  visits = 0;
  readonly #againMs: number;

  constructor({ fates, ends, againMs }: Script) {
    const { cellar } = this;
    this.#againMs = againMs;
    this.bridge = new Bridge(fates, ends, () => cellar.nowMs);
    const settings = {
      url: 'http://ramp',
      timeoutMs: 10_000,
      retry: { retries: 3, retryDelayMs: WINDOW_MS },
      poll: { firstMs: 200, secondMs: 10, maxDelayMs: 300_000, maxAgeMs: 3_600_000 },
      concurrency: 50,
    };
    const providers: Record<string, Provider> = {
      'on-ramp': ramp(settings, this.bridge.way, 'on-ramp'),
      'off-ramp': ramp(settings, this.bridge.way, 'off-ramp'),
    };
    this.house = {
      cellar,
      letterbox: {
        post: async (_callback, body) => {
          await cellar.gate('post');
          const { type, data } = JSON.parse(body) as { type: string; data: { status: string } };
          this.posted.push({ type, status: data.status });
          return { type: 'delivered', statusCode: 200, durationMs: 1 };
        },
      },
      plan: () => plan,
      provider: (name) => {
        const provider = providers[name];
        if (!provider) throw new Error(`no provider ${name}`);
        return provider;
      },
      webhookUrl: (provider) => `http://here/webhooks/${provider}`,
      serves: () => true,
      callbacks: { retries: 5, scheduleMs: [5_000], timeoutMs: 15_000 },
      inlineWaitMs: 0,
      random: () => 0,
    };
    const { nowMs } = cellar;
    cellar.insert({
      ...{ id: ID, kind: 'payment', clientId: 'c1', naturalId: '#key-of-theirs', status: 'PENDING', version: 1 },
      ...{ failure: null, facts: {}, registrations: [], callbackUrl: 'http://client/hook', traceparent: null },
      ...{ createdAt: nowMs, updatedAt: nowMs, settledAt: null, contentType: 'application/json' },
      body: '{"amount":"100.10","currency":"EUR","sourceAccount":"acct-a","destinationAccount":"acct-b"}',
    });
    this.add(FIRST, 0);
  }

  get row() {
    const row = this.cellar.rows.get(ID);
    if (!row) throw new Error('the row is gone');
    return row;
  }

  leg(name: string) {
    return this.row.registrations.find((r) => r.leg === name);
  }

  add(ticket: Ticket, inMs: number): void {
    this.queue.push({ at: this.cellar.nowMs + inMs, ticket });
  }

  /** The ramp's event, read by the real contract and kept by the door; `state` as the books have it unless given. */
  keepWebhook(name: string, leg: RampLeg, state?: string): void {
    const transfer = this.bridge.of(leg)[0];
    if (!transfer || this.cellar.webhooks.has(name)) return;
    const contract = RAMP_LEGS[leg] === 'on-ramp' ? onRampWebhook : offRampWebhook;
    const news = contract.parse({ event_object: told({ ...transfer, state: state ?? transfer.state }) });
    if (typeof news === 'string' || 'ignores' in news) throw new Error(JSON.stringify(news));
    this.cellar.webhooks.set(name, { id: name, applied: false, ...news });
  }

  /** One delivery; a visit that dies is delivered again, as the queue or the night watch would. */
  async deliver(ticket: Ticket): Promise<void> {
    this.visits += 1;
    try {
      this.#file(ticket, await visit(this.house, ticket, `job-${ticket.step}`, new AbortController().signal));
    } catch (error) {
      if (!(error instanceof Error && error.message === 'the process died')) throw error;
      this.add(ticket, this.#againMs);
    }
  }

  #file(ticket: Ticket, outcome: Outcome): void {
    if (outcome.type === 'wait') this.add(outcome.ticket, outcome.inMs);
    for (const next of outcome.also) this.add(next.ticket, next.inMs);
    // The flow's root is released when its child is done.
    if (outcome.type === 'done' && ticket.step !== 'conclude' && ticket.step !== 'notify')
      this.add({ ...FIRST, step: 'conclude' }, 0);
  }

  /** The night watch (apps/worker/src/sweep.ts): an open submission nobody has a ticket for gets the one it needs. */
  sweep(): void {
    const { row } = this;
    if (this.queue.length > 0 || isFinal(row.status)) return;
    const legs = row.registrations.filter(isOnItsWay);
    for (const { leg, told, status } of legs) {
      this.add({ ...FIRST, step: told || status === 'UNRESOLVED' ? 'poll' : 'register', leg }, SWEEP_MS);
    }
    const isOpen = row.status !== 'UNRESOLVED' || row.registrations.every((r) => isSettled(r.status));
    if (legs.length === 0 && isOpen && !this.#isStuck()) this.add(FIRST, SWEEP_MS);
  }

  /** Settled, and yet nothing to do: the reverse was refused, an operator's case. */
  #isStuck(): boolean {
    return this.row.status === 'UNRESOLVED' && this.leg('reverse')?.status === 'REFUSED';
  }

  /** Delivers whatever is due, pushing the clock from one ticket to the next, until nothing is. */
  async live(until = () => false): Promise<void> {
    while (this.queue.length > 0 && !until()) {
      if (this.visits > 2_000) throw new Error(`never quiet: ${JSON.stringify(this.queue)}`);
      this.queue.sort((a, b) => a.at - b.at);
      const next = this.queue.shift();
      if (!next) return;
      this.cellar.nowMs = Math.max(this.cellar.nowMs, next.at);
      await this.deliver(next.ticket);
      if (this.visits > 6) this.bridge.finish();
      this.sweep();
    }
  }
}
