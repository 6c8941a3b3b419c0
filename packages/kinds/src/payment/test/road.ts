import { isFinal, isOnItsWay, isSettled, type Outcome, type Provider, type Ticket } from '@countersign/flow';
import { offRampWebhook, onRampWebhook, ramp, RAMP_LEGS, type RampLeg } from '@countersign/providers';
import { visit, type House } from '@countersign/steps';
import { MemoryStage, STAGE_ID } from '@countersign/testkit';
import { vi } from 'vitest';
import { plan } from '../plan.ts';
import { Bridge, told, WINDOW_MS, type End, type PostFate } from './bridge.ts';

export const FIRST: Ticket = { v: 1, step: 'record', id: STAGE_ID, kind: 'payment' };

const SWEEP_MS = 15_000;
const BODY = { amount: '100.10', currency: 'EUR', sourceAccount: 'acct-a', destinationAccount: 'acct-b' };

export interface Script {
  readonly fates: Record<string, PostFate[]>;
  readonly ends: Record<string, End>;
  /** How long until a visit that died is made again. */
  readonly againMs: number;
}

/** One payment's whole life: its real plan, the real steps and the real adapter, over ramps in memory. */
export class Road extends MemoryStage {
  readonly bridge: Bridge;
  readonly house: House;
  /** After so many visits the ramps end what they began. */
  protected readonly endsAfter: number = 6;

  constructor({ fates, ends, againMs }: Script) {
    super({ kind: 'payment', naturalId: '#key-of-theirs', body: BODY, againMs });
    this.bridge = new Bridge(fates, ends, () => this.cellar.nowMs);
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
      ...this.ports,
      plan: () => plan,
      provider: (name) => {
        const provider = providers[name];
        if (!provider) throw new Error(`no provider ${name}`);
        return provider;
      },
      webhookUrl: (provider) => `http://here/webhooks/${provider}`,
    };
  }

  override live(until?: () => boolean): Promise<void> {
    return this.#inNoTime(() => super.live(until));
  }

  override liveInPairs(together: (visits: Promise<unknown>) => Promise<unknown>): Promise<void> {
    return this.#inNoTime(() => super.liveInPairs(together));
  }

  /** The machine's clock stands still: a real pause between two lines would be one in the story as well. */
  async #inNoTime(live: () => Promise<void>): Promise<void> {
    const clock = vi.spyOn(performance, 'now').mockReturnValue(0);
    await live().finally(() => clock.mockRestore());
  }

  protected override visit(ticket: Ticket, holder: string): Promise<Outcome> {
    return visit(this.house, ticket, holder, new AbortController().signal);
  }

  protected override after(): void {
    if (this.visits > this.endsAfter) this.bridge.finish();
    this.#sweep();
  }

  leg(name: string) {
    return this.row.registrations.find((r) => r.leg === name);
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

  /** The night watch (apps/worker/src/sweep.ts): an open submission nobody has a ticket for gets the one it needs. */
  #sweep(): void {
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
}
