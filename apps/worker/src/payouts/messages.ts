import { createHash } from 'node:crypto';
import type { Ticket } from '@countersign/flow';
import { BANK, readReport, type Fetched } from '@countersign/providers';
import type { BankMessage } from '@countersign/store';
import { readBooked } from './booked.ts';
import { noted, NOTHING, type Reading } from './news.ts';
import type { Office } from './office.ts';
import { readStatuses } from './reports.ts';

/**
 * Stored, applied, committed, then deleted at the bank: killed anywhere in between, it is read again or found kept. Returns
 * whether the bank's queue has moved on.
 */
export async function receive(office: Office, message: Fetched, signal: AbortSignal): Promise<boolean> {
  const { store, bank, log } = office;
  const { ended } = await store.bankMail.keep(message);
  if (!ended) await apply(office, message);
  const trouble = await bank.remove(message.id, signal);
  if (trouble === undefined) await store.bankMail.deleted(message.id);
  else log.warn({ message: message.id, trouble }, 'a message could not be deleted at the bank; it will be told again');
  return trouble === undefined;
}

/** Each payout's word is kept as a webhook is: once, in the same tray, applied by the same visit, whatever happens to us. */
export async function apply(office: Office, message: BankMessage): Promise<void> {
  const { store, log } = office;
  const { news, notes, isWhole } = await read(office, message);
  const bytes = createHash('sha256').update(message.body).digest('hex');
  const kept = await Promise.all(
    news.map(async ({ submissionId, word }) => {
      const digest = createHash('sha256')
        .update(`${bytes}/${JSON.stringify(word)}`)
        .digest('hex');
      const result = await store.webhooks.keep({ submissionId, leg: BANK, provider: BANK, digest, word });
      return result.type === 'unknown' ? undefined : ticketOf(submissionId, result.kind, result.id);
    }),
  );
  await office.remind(kept.filter((ticket) => ticket !== undefined)).catch(() => undefined);
  // Kept, and so read again with the next round.
  if (!isWhole) return;
  const note = notes.join('; ');
  if (note !== '')
    log.warn({ message: message.id, note }, 'a message of the bank is parked: nobody here knows all it speaks of');
  await store.bankMail.end(message.id, note === '' ? 'APPLIED' : 'PARKED', note === '' ? undefined : note);
}

function ticketOf(id: string, kind: string, webhook: string): Ticket {
  return { v: 1, step: 'settle', id, kind, leg: BANK, webhook };
}

async function read(office: Office, message: BankMessage): Promise<Reading> {
  if (message.type === 'HEARTBEAT') return NOTHING;
  const report = await readReport(message.body);
  switch (report.type) {
    case 'statuses':
      return await readStatuses(office, message, report);
    case 'booked':
      return await readBooked(office, report);
    case 'errors':
      return noted(`an Errors document: ${report.reason}`);
    case 'unreadable':
      return noted(report.reason);
  }
}
