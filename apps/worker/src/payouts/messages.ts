import { createHash } from 'node:crypto';
import {
  bankWord,
  BANK,
  endToEndId,
  isDuplicate,
  readReport,
  submissionOf,
  type BankReport,
  type Fetched,
  type Said,
} from '@countersign/providers';
import type { Ticket, Word } from '@countersign/flow';
import type { BankMessage, Members } from '@countersign/store';
import type { Office } from './office.ts';

/** What a message says of one of ours. */
interface News {
  readonly submissionId: string;
  readonly word: Word;
}

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
  const notes: string[] = [];
  const news = message.type === 'HEARTBEAT' ? [] : await newsOf(office, message, notes);
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
  const note = notes.join('; ');
  if (note !== '')
    log.warn({ message: message.id, note }, 'a message of the bank is parked: nobody here knows all it speaks of');
  await store.bankMail.end(message.id, note === '' ? 'APPLIED' : 'PARKED', note === '' ? undefined : note);
}

function ticketOf(id: string, kind: string, webhook: string): Ticket {
  return { v: 1, step: 'settle', id, kind, leg: BANK, webhook };
}

async function newsOf(office: Office, message: BankMessage, notes: string[]): Promise<News[]> {
  const report = await readReport(message.body);
  switch (report.type) {
    case 'statuses':
      return await statusNews(office, message, report, notes);
    case 'booked':
      return await bookedNews(office, report, notes);
    case 'errors':
      notes.push(`an Errors document: ${report.reason}`);
      return [];
    case 'unreadable':
      notes.push(report.reason);
      return [];
  }
}

/** Which file of ours a report speaks of: by its MsgId, by the request it answers, or by a payment in it. */
async function fileOf(
  { store }: Office,
  message: BankMessage,
  report: BankReport & { type: 'statuses' },
): Promise<Members | undefined> {
  const { originalMsgId } = report;
  const named =
    originalMsgId === undefined ? undefined : await store.payouts.members({ batchId: originalMsgId.toLowerCase() });
  if (named) return named;
  const answered =
    message.requestId === null ? undefined : await store.payouts.members({ requestId: message.requestId });
  if (answered || originalMsgId !== undefined) return answered;
  const ids = report.payments.map((payment) => submissionOf(payment.endToEndId)).filter((id) => id !== undefined);
  const [batchId] = (await store.payouts.fileOf(ids)).values();
  return batchId === undefined ? undefined : await store.payouts.members({ batchId });
}

async function statusNews(
  office: Office,
  message: BankMessage,
  report: BankReport & { type: 'statuses' },
  notes: string[],
): Promise<News[]> {
  const file = await fileOf(office, message, report);
  if (!file) {
    notes.push(`a report for ${report.originalMsgId ?? 'no MsgId'}, which is no file of ours`);
    return [];
  }
  // Whatever it says, the bank has the file: it need not be sent again. A repeat's rejection does not name the original's request.
  const isRepeat = report.group !== undefined && isDuplicate(report.group.codes);
  await office.store.payouts.initiated(file.batchId, isRepeat ? null : message.requestId);
  if (report.payments.length === 0) return groupNews(file, report.group);
  const members = new Map(file.payouts.map((id) => [endToEndId(id), id]));
  return report.payments.flatMap(({ endToEndId: reference, said }) => {
    const submissionId = members.get(reference.toLowerCase());
    if (submissionId === undefined)
      notes.push(`payment ${reference.slice(0, 40)}, which is not in file ${file.batchId}`);
    return submissionId === undefined ? [] : [{ submissionId, word: bankWord(said) }];
  });
}

/** Without a word on any payment the file's own status holds for all of them; PART says nothing of any. */
function groupNews(file: Members, group: Said | undefined): News[] {
  if (group === undefined || group.status === 'PART') return [];
  return file.payouts.map((submissionId) => ({ submissionId, word: bankWord(group) }));
}

/** A booked debit with our reference: the bank paid, whatever its reports said so far. */
async function bookedNews(
  { store }: Office,
  report: BankReport & { type: 'booked' },
  notes: string[],
): Promise<News[]> {
  const ours = (references: readonly string[]) => references.map(submissionOf).filter((id) => id !== undefined);
  const [debits, credits] = [ours(report.debits), ours(report.credits)];
  const files = await store.payouts.fileOf([...debits, ...credits]);
  for (const id of credits) if (files.has(id)) notes.push(`money of payout ${id} came back: a credit or a reversal`);
  return debits.filter((id) => files.has(id)).map((submissionId) => ({ submissionId, word: { type: 'done' } }));
}
