import { concludeTogether, type KeptWebhook, type Outcome, type Plan, type Ticket } from '@countersign/flow';
import { MemoryStage, STAGE_ID } from '@countersign/testkit';
import { afterEach, beforeEach, vi } from 'vitest';
import { visit, type House } from '../src/index.ts';
import { MoodyRegistry, wordOf, type PostFate } from './moody-registry.ts';

const legs = () => [{ leg: 'registry', provider: 'registry' }];
export const plan: Plan = {
  kind: 'transaction',
  path: 'transactions',
  legs,
  conclude: (s) => concludeTogether({ legs }, s),
  tellsPending: true,
};
export const FIRST: Ticket = { v: 1, step: 'record', id: STAGE_ID, kind: 'transaction' };

/**
 * How long this machine has run, by `performance.now()`: it stands still unless a test pushes it. A real pause between two
 * lines would be one in the story as well: looks that come too early, calls that are not made because they come too late.
 */
export const machine = { ranMs: 0 };
beforeEach(() => {
  machine.ranMs = 0;
  vi.spyOn(performance, 'now').mockImplementation(() => machine.ranMs);
});
afterEach(() => void vi.restoreAllMocks());

/** A transaction's life with a registry that has moods. */
export class Street extends MemoryStage {
  readonly registry: MoodyRegistry;
  readonly house: House;
  plan: Plan = plan;
  readonly #coming = new Map<string, KeptWebhook>();

  constructor(fates: PostFate[]) {
    super({
      kind: 'transaction',
      naturalId: 'tx-1',
      body: { id: 'tx-1', amount: '12.50', currency: 'EUR' },
    });
    this.registry = new MoodyRegistry(fates, () => this.cellar.nowMs);
    this.house = {
      ...this.ports,
      plan: () => this.plan,
      provider: () => this.registry.provider(),
      webhookUrl: (provider, id) => `http://here/webhooks/${provider}/${id}`,
    };
  }

  protected override visit(ticket: Ticket, holder: string): Promise<Outcome> {
    return visit(this.house, ticket, holder, new AbortController().signal);
  }

  /** A visit beside the others. */
  look(ticket: Ticket, holder: string): Promise<Outcome> {
    return this.visit(ticket, holder);
  }

  /** The registry's webhook, proven and kept by the door, its settle ticket on the way. */
  hearWebhook(word: 'completed' | 'declined' | 'pending', inMs: number, name: string): void {
    this.#coming.set(name, keptAs(name, word));
    this.add({ ...FIRST, step: 'settle', webhook: name }, inMs);
  }

  /** A webhook that tells what the registry's books hold by now. */
  keepTruth(name: string): void {
    const status = this.registry.status();
    if (status !== undefined && !this.cellar.webhooks.has(name)) this.cellar.webhooks.set(name, keptAs(name, status));
  }

  /** The door keeps it when it comes, not before. */
  protected override arrive({ webhook }: Ticket): void {
    const coming = this.#coming.get(webhook ?? '');
    if (coming && !this.cellar.webhooks.has(coming.id)) this.cellar.webhooks.set(coming.id, coming);
  }
}

function keptAs(id: string, status: string): KeptWebhook {
  return { id, submissionId: STAGE_ID, leg: 'registry', word: wordOf(status), applied: false };
}
