import {
  done,
  due,
  isOnItsWay,
  wait,
  type NextTicket,
  type Outcome,
  type Plan,
  type Registration,
  type StepName,
  type Ticket,
} from '@countersign/flow';
import { setTimeout as sleep } from 'node:timers/promises';
import { bury } from './bury.ts';
import { conclude } from './conclude.ts';
import { LONGEST_PARK_MS, type House } from './house.ts';
import { notify } from './notify.ts';
import { poll } from './poll.ts';
import { record } from './record.ts';
import { register } from './register.ts';
import { settle } from './settle.ts';
import { Visit } from './visit.ts';

/**
 * One visit of one ticket: reads where the submission stands, does what is due, and goes on to the next step as long as
 * nothing has to wait and this replica serves that step. Throws only for our own troubles; whatever a third party says
 * or does not say is an outcome. `holder` names the job, so that its own rerun may take up its claims.
 */
export async function visit(house: House, ticket: Ticket, holder: string, signal: AbortSignal): Promise<Outcome> {
  if (ticket.step === 'notify') return (await notify(house, ticket, holder, signal)).outcome;
  let callbackWaits: Outcome | undefined;
  if (ticket.step === 'conclude' && ticket.lost === undefined) {
    const told = await notify(house, ticket, holder, signal);
    if (told.settled) return told.outcome;
    // An earlier callback may still be in somebody's hands (`pending`): that must not keep the books from being closed.
    if (told.outcome.type === 'wait') callbackWaits = told.outcome;
  }
  const submission = await house.cellar.load(ticket.id);
  if (!submission) return done();
  const walk = new Walk(new Visit(house, submission), house.plan(submission.kind), ticket, signal);
  return ticket.step === 'conclude' ? await walk.close(holder, callbackWaits) : await walk.on();
}

class Walk {
  readonly #visit: Visit;
  readonly #plan: Plan;
  readonly #ticket: Omit<Ticket, 'again'>;
  readonly #again: boolean;
  readonly #signal: AbortSignal;
  readonly #heard = new Set<string>();
  #leg: string | undefined;

  constructor(visit: Visit, plan: Plan, { again, ...ticket }: Ticket, signal: AbortSignal) {
    this.#visit = visit;
    this.#plan = plan;
    this.#ticket = ticket;
    this.#again = again === true;
    this.#signal = signal;
    this.#leg = ticket.leg;
  }

  /** From step to step until nothing is due for this ticket. */
  async on(): Promise<Outcome> {
    if (this.#ticket.webhook !== undefined) {
      const { leg, idle } = await settle(this.#visit, this.#plan, this.#ticket.webhook);
      if (idle) return await this.#leave(done());
      this.#leg = leg;
    }
    for (;;) {
      this.#signal.throwIfAborted();
      await this.#hearFirst();
      const forked = this.#fork();
      if (forked) return await this.#leave(done(forked));
      const next = due(this.#plan, this.#visit.submission, this.#leg);
      if (next.step === 'nothing') {
        if (this.#takeUp()) continue;
        return await this.#leave(done());
      }
      const waitMs = 'atMs' in next ? next.atMs - this.#visit.nowMs() : 0;
      if (waitMs > this.#visit.house.inlineWaitMs) return await this.#later(next.step, waitMs);
      if (waitMs > 0) {
        await this.#visit.commit();
        if (this.#visit.overtaken) return await this.#leave(done());
        await this.#visit.house.outside(() => sleep(waitMs, undefined, { signal: this.#signal }));
        await this.#visit.refresh();
        continue;
      }
      if (!this.#visit.house.serves(next.step)) return await this.#later(next.step, 0);
      const heldMs = await this.#heldBackMs(next.step);
      if (heldMs !== undefined) return await this.#later(next.step, heldMs);
      const busyMs = await this.#step(next);
      if (busyMs !== undefined) return await this.#later(next.step, busyMs);
    }
  }

  /**
   * This ticket's leg is over, and the visit before this one broke off: it may have gone on with the leg that followed from
   * that end (an off-ramp after the on-ramp), and died before its ticket said so.
   */
  #takeUp(): boolean {
    const { submission } = this.#visit;
    if (!this.#again || this.#leg === undefined) return false;
    const first = new Set(this.#plan.legs({ ...submission, registrations: [] }).map(({ leg }) => leg));
    const left = submission.registrations.find((row) => isOnItsWay(row) && !first.has(row.leg));
    if (!left || left.leg === this.#leg) return false;
    this.#leg = left.leg;
    return true;
  }

  /** A webhook we answered 2xx is a promise: whoever reads the row hears it before doing anything else, its own ticket or not. */
  async #hearFirst(): Promise<void> {
    for (const id of this.#visit.submission.unheard ?? []) {
      if (this.#heard.has(id) || id === this.#ticket.webhook) continue;
      this.#heard.add(id);
      await settle(this.#visit, this.#plan, id);
    }
  }

  /** Not begun yet, and its third party is not ready: it goes back to the queue, which costs no attempt. */
  async #heldBackMs(step: StepName): Promise<number | undefined> {
    if (step !== 'record' || this.#visit.submission.status !== 'PENDING') return undefined;
    return await this.#visit.house.holdsBack?.(this.#plan);
  }

  /** The flow's root: closes the books if that is due, or because the child was lost for good, and tells the client. */
  async close(holder: string, callbackWaits: Outcome | undefined): Promise<Outcome> {
    const { house } = this.#visit;
    if (this.#ticket.lost !== undefined) await bury(this.#visit, this.#plan, this.#ticket.lost);
    else if (due(this.#plan, this.#visit.submission).step === 'conclude') {
      conclude(this.#visit, this.#plan);
      await this.#visit.commit();
    } else {
      const { status } = this.#visit.submission;
      const isOpen = status === 'PENDING' || status === 'PROCESSING';
      return isOpen || !callbackWaits ? { type: 'done', also: [], unsettled: true } : callbackWaits;
    }
    return (await notify(house, this.#ticket, holder, this.#signal)).outcome;
  }

  async #step(next: { step: StepName; registration?: Registration }): Promise<number | undefined> {
    if (next.step === 'record') {
      const before = new Set(this.#visit.submission.registrations.map((r) => r.leg));
      await record(this.#visit, this.#plan);
      const opened = this.#visit.submission.registrations.filter((r) => !before.has(r.leg));
      // A leg opened by another's end (off-ramp after on-ramp) is walked by the same visit.
      this.#leg = opened.length === 1 ? opened[0]?.leg : opened.length > 1 ? undefined : this.#leg;
    }
    if (next.step === 'conclude') conclude(this.#visit, this.#plan);
    if (!next.registration) return undefined;
    if (next.step === 'register') return await register(this.#visit, this.#plan, next.registration, this.#signal);
    return await poll(this.#visit, this.#plan, next.registration, this.#signal);
  }

  /** Several third parties: each leg gets a ticket of its own, so a slow one delays nobody else. */
  #fork(): NextTicket[] | undefined {
    if (this.#leg !== undefined) return undefined;
    const legs = this.#visit.submission.registrations.filter(isOnItsWay);
    if (legs.length < 2) return undefined;
    return legs.map(({ leg, told }) => ({
      ticket: { ...this.#ticket, step: told ? 'poll' : 'register', leg },
      inMs: 0,
      as: 'child',
    }));
  }

  async #later(step: StepName, inMs: number): Promise<Outcome> {
    const { webhook: _applied, ...ticket } = this.#ticket;
    const leg = this.#leg === undefined ? {} : { leg: this.#leg };
    // The flow's root is its conclude ticket: another is needed only where there is none.
    if (step === 'conclude') return await this.#leave(done([{ ticket: { ...ticket, step }, inMs: 0, as: 'relief' }]));
    return await this.#leave(wait({ ...ticket, ...leg, step }, inMs));
  }

  /** Nothing noted is left behind: it is written with the time the agenda should bring this submission up again. */
  async #leave(outcome: Outcome): Promise<Outcome> {
    const exact = outcome.type === 'wait' && outcome.inMs > LONGEST_PARK_MS;
    await this.#visit.leave(outcome.type === 'wait' ? outcome.inMs : undefined, exact);
    const also = [...outcome.also, ...this.#visit.told.map((type) => this.#callbackTicket(type))];
    // A lost worker and the sweep make two tickets of one; from the first look they make at once there is one again.
    const isTwin = outcome.type === 'wait' && this.#visit.overtaken;
    return isTwin ? done(also) : { ...outcome, also };
  }

  #callbackTicket(type: string): NextTicket {
    const { id, kind, first } = this.#ticket;
    // Not the ticket's: a webhook's has none, and whoever asked is told in the trace they began.
    const { traceparent } = this.#visit.submission;
    const ends = !type.endsWith('.pending') && !this.#visit.submission.registrations.some(isOnItsWay);
    const about = type.slice(type.lastIndexOf('.') + 1);
    const ticket: Ticket = {
      v: 1,
      step: 'notify',
      id,
      kind,
      about,
      ...(traceparent === null ? {} : { traceparent }),
      ...(first ? { first } : {}),
    };
    // When the flow ends with this visit its root tells the client; otherwise the callback goes beside it.
    return { ticket, inMs: 0, as: ends ? 'relief' : 'apart' };
  }
}
