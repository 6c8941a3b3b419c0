import {
  callbackDelayMs,
  done,
  iso,
  resourceText,
  wait,
  withJitter,
  type CallbackEnd,
  type ClaimedCallback,
  type Delivery,
  type Entry,
  type Outcome,
  type Ticket,
} from '@countersign/flow';
import type { House } from './house.ts';

/**
 * Time a claim outlasts the call's own time-out: only after it may somebody else post the same callback, or a newer one. A
 * process that stood still after claiming asks at the first byte: its older word would come after theirs.
 */
const CLAIM_GRACE_MS = 5_000;
/** Again soon: whoever took over has mostly ended it by then. */
const UNSENT: Delivery = { type: 'busy', forMs: 1_000, durationMs: 0, why: 'its claim had ended' };

/** How far a notify step came; `settled`: the submission has its end and every callback went out. */
export interface Told {
  readonly outcome: Outcome;
  readonly settled: boolean;
}

/**
 * Posts what is due to the client, oldest first, until nothing is. `holder` names the job: its own rerun after a crash
 * may go on at once, anybody else waits for the claim to end.
 */
export async function notify(house: House, ticket: Ticket, holder: string, signal: AbortSignal): Promise<Told> {
  for (;;) {
    const claimedMs = performance.now();
    const claim = await house.cellar.claimCallback(ticket.id, holder, house.callbacks.timeoutMs + CLAIM_GRACE_MS);
    if (claim.type === 'none') return { outcome: done(), settled: claim.settled };
    if (claim.type === 'later') return { outcome: wait({ ...ticket, step: 'notify' }, claim.inMs), settled: false };
    await post(house, ticket, claim.callback, { holder, signal, claimedMs });
  }
}

interface Claimed {
  readonly holder: string;
  readonly signal: AbortSignal;
  readonly claimedMs: number;
}

async function post(
  house: House,
  ticket: Ticket,
  callback: ClaimedCallback,
  { holder, signal, claimedMs }: Claimed,
): Promise<void> {
  const body = callback.body ?? bodyOf(callback, house.plan(ticket.kind).path);
  let isLate = false;
  const isStillDue = (): boolean => {
    isLate = performance.now() - claimedMs > CLAIM_GRACE_MS;
    return !isLate;
  };
  const { traceparent = null } = ticket;
  const given = await house.letterbox.post(callback, body, { traceparent, signal, isStillDue });
  const delivery = isLate ? UNSENT : given;
  house.heard?.({ to: 'client', what: 'callback', outcome: delivery.type, durationMs: delivery.durationMs });
  await house.cellar.endCallback(callback, holder, endOf(house, callback, delivery, body), entryOf(callback, delivery));
}

/** The body of contract section 3.4. Made once from what was true at that version; a repeat sends the same bytes. */
export function bodyOf(callback: ClaimedCallback, path: string): string {
  const data = resourceText(callback.identity, path, callback.snapshot, callback.requestJson);
  return `{"type":${JSON.stringify(callback.type)},"timestamp":"${iso(callback.createdAt)}","data":${data}}`;
}

function endOf(house: House, callback: ClaimedCallback, delivery: Delivery, body: string): CallbackEnd {
  switch (delivery.type) {
    case 'delivered':
      return { type: 'delivered' };
    case 'gone':
      return { type: 'gone', body };
    case 'busy':
      return { type: 'unspent', inMs: delivery.forMs };
    case 'failed': {
      const delayMs = callbackDelayMs(house.callbacks, callback.attempt);
      const message = delivery.error ?? `the endpoint answered ${delivery.statusCode ?? 'nothing'}`;
      if (delayMs === undefined) return { type: 'dead', code: 'CALLBACK_FAILED', message, body };
      const inMs = Math.max(withJitter(delayMs, house.random()), delivery.retryAfterMs ?? 0);
      return { type: 'retry', inMs, body };
    }
  }
}

function entryOf(callback: ClaimedCallback, delivery: Delivery): Entry {
  return {
    type: 'callback',
    attempt: callback.attempt,
    requestId: callback.id,
    durationMs: Math.round(delivery.durationMs),
    to: callback.type,
    ...(delivery.statusCode === undefined ? {} : { statusCode: delivery.statusCode }),
    ...(delivery.error === undefined ? {} : { error: delivery.error }),
    ...(delivery.type === 'busy'
      ? { reason: `not sent: ${delivery.why ?? 'the limit for this destination is used up'}` }
      : {}),
  };
}
