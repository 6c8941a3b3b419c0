import { setTimeout as sleep } from 'node:timers/promises';
import { BANK } from '@countersign/providers';
import type { Held } from './hold.ts';
import { apply, receive } from './messages.ts';
import type { Office } from './office.ts';

/** Filters keep payment reports from standing behind thousands of notifications, and foreign messages from standing before them. */
const TYPES = ['PAYMENT', 'CREDIT_DEBIT_NOTIFICATION'];
const LISTEN_EVERY_MS = 200;
const LEFT_OVER = 50;

/** Fetches messages while the lease is ours: at once when the door's bell rings, else every `messagesMs`. */
export async function readMessages(office: Office, held: Held, isOpen: () => boolean): Promise<void> {
  const { store, settings } = office;
  while (isOpen() && held.remainingMs() > 0) {
    const heardMs = await store.bells.rungAt(BANK);
    await collect(office, () => isOpen() && held.remainingMs() > 0, held.signal);
    const untilMs = performance.now() + settings.messagesMs;
    while (isOpen() && performance.now() < untilMs && !held.signal.aborted) {
      const pauseMs = Math.min(LISTEN_EVERY_MS, settings.messagesMs);
      await sleep(pauseMs, undefined, { signal: held.signal }).catch(() => undefined);
      if ((await store.bells.rungAt(BANK)) !== heardMs) break;
    }
  }
}

/** Everything that waits, ours first where a kill left it behind. */
export async function collect(office: Office, goesOn: () => boolean, signal: AbortSignal): Promise<void> {
  for (const message of await office.store.bankMail.kept(LEFT_OVER)) await apply(office, message);
  for (const type of TYPES) {
    while (goesOn()) {
      const next = await office.bank.next(type, signal);
      if (next.type === 'trouble')
        office.log.warn({ reason: next.reason }, 'the bank gives no messages; asked again soon');
      if (next.type !== 'message') break;
      if (!(await receive(office, next.message, signal))) break;
    }
  }
}
